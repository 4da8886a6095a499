// The table of model types; defaults are those of each type's configuration class in `transformers` (or in the
// repository of its checkpoints), matrices those of its modelling code.
// Knows no model by name.

#include "workloads/model/huggingface/families.hpp"

#include <iterator>
#include <map>
#include <set>
#include <sstream>

namespace teapot {
namespace {

// Like Llama: gated feed-forward, untied, no windows but by key.
std::set<std::string> split(const char* names) {
  std::istringstream stream{names};
  return {std::istream_iterator<std::string>{stream}, {}};
}

const std::set<std::string> plain = split(
    "llama mistral mixtral ministral mistral3 mistral4 ministral3 qwen2 qwen2_5 qwen3 qwen2_moe qwen3_moe "
    "qwen2_vl qwen2_5_vl qwen2_vl_text qwen2_5_vl_text qwen3_vl qwen3_vl_text qwen3_vl_moe qwen3_vl_moe_text "
    "qwen3_omni_moe_text qwen2_5_omni_text qwen3_5 qwen3_5_text qwen3_5_moe qwen3_5_moe_text internlm2 "
    "internlm3 baichuan internlm aquila xverse orion deepseek deepseek_v2 deepseek_v3 deepseek_v32 "
    "deepseek_vl_v2 kimi_k2 kimi_k25 kimi_linear glm glm4 glm4_moe glm4_moe_lite glm_moe_dsa glm4v_text "
    "glm4v_moe_text glm4v glm4v_moe chatglm phi3 phi4mm phi3_v phimoe olmo olmo2 olmo3 olmoe flex_olmo "
    "stablelm exaone exaone4 exaone_moe solar solar_open seed_oss hunyuan hunyuan_v1_dense hunyuan_v1_moe "
    "ernie4_5 ernie4_5_moe ernie4_5_vl ernie4_5_vl_moe ernie4_5_vl_moe_text dots1 bailing_moe bailing_moe_v2 "
    "bailing_moe_linear bailing_moe_v2_5 bailing_hybrid minimax_m2 minimax_m1 minimax_text_01 minimax "
    "longcat_flash longcat gpt_oss granite granitemoe granitemoeshared granitemoehybrid jamba falcon_h1 zamba2 "
    "bamba lfm2 lfm2_moe lfm2_vl deci nemotron-nas arctic dbrx grok-1 grok1 git step3 step3_text step3p5 "
    "step3_vl mimo mimo_v2_flash mimo_v2 afmoe helium youtu youtu_llm minicpm minicpm3 minicpm4 "
    "pangu_ultra_moe smollm3 telechat2 telechat3 skywork yi bitnet vaultgemma hyperclovax iquestcoder apriel "
    "mellum aria_text llama4 llama4_text deepseek_v4 nanbeige cwm midm kormo gemma gemma2 gemma3 gemma3_text "
    "cohere cohere2 command_a qwen qwen3_next gemma4 gemma4_text mamba mamba2 falcon_mamba diffllama_dense "
    "ling moonlight kimi_vl laguna hy_v3 minimax_m3 minimax_m3_text minimax_m3_vl step3p7 ernie4_5_moe_vl openelm "
    "recurrent_gemma mllama mllama_text_model olmo_hybrid ");

const std::set<std::string> ungated = split(
    "gpt2 gptj gpt_neo gpt_neox gpt_bigcode opt bloom falcon mpt phi phi-msft starcoder2 nemotron nemotron_h "
    "persimmon arcee apertus RefinedWeb RefinedWebModel codegen gpt_neox_japanese xglm nemotron_h_puzzle nanochat");

const std::set<std::string> tied = split(
    "gpt2 gpt_neo gpt_bigcode opt bloom falcon mpt gemma gemma2 gemma3 gemma3_text gemma4 gemma4_text vaultgemma "
    "cohere cohere2 mamba starcoder2 RefinedWeb RefinedWebModel smollm3 lfm2 lfm2_moe minicpm minicpm3 minicpm4 "
    "hunyuan_v1_moe "
    "hunyuan hunyuan_v1_dense ernie4_5 ernie4_5_moe granitemoehybrid zamba2 xglm command_a grok-1 grok1 "
    "recurrent_gemma");

const std::set<std::string> multi_head = split(
    "gpt2 gptj gpt_neo gpt_neox opt bloom baichuan internlm qwen xverse codegen xglm persimmon phi-msft skywork "
    "aquila");

const std::set<std::string> positions = split("gpt2 gpt_neo gpt_bigcode opt");

const std::set<std::string> plain_heads = split(
    "llama mllama_text_model mistral mixtral qwen2 qwen2_moe qwen2_vl qwen2_5_vl phi3 phi phimoe olmo olmo2 olmo3 "
    "olmoe gpt2 gptj gpt_neo gpt_neox gpt_bigcode opt bloom falcon mpt dbrx arctic cohere internlm internlm2 baichuan "
    "yi stablelm starcoder2 exaone granite granitemoe granitemoehybrid jamba bamba ernie4_5_moe lfm2 lfm2_moe apertus "
    "smollm3 xverse deepseek nemotron minicpm persimmon aquila orion skywork phi-msft grok-1");

const std::set<std::string> one_width = split(
    "mixtral phimoe olmoe gpt_oss llama4_text llama4 granitemoe granitemoeshared granitemoehybrid jamba arctic dbrx "
    "minimax minimax_m1 minimax_m2 minimax_m3 minimax_m3_text minimax_m3_vl minimax_text_01 grok-1 grok1 flex_olmo");

const std::set<std::string> unshared = split(
    "mixtral phimoe olmoe gpt_oss qwen3_moe qwen3_vl_moe_text qwen3_omni_moe_text jamba arctic dbrx lfm2_moe grok-1 "
    "grok1 git minimax mimo_v2_flash longcat_flash granitemoe flex_olmo llama4_text llama4 gemma4_text");

const std::set<std::string> experts_everywhere = split(
    "mixtral phimoe olmoe flex_olmo gpt_oss granitemoe granitemoeshared granitemoehybrid jamba arctic dbrx grok-1 "
    "grok1 "
    "git minimax minimax_m1 minimax_m2 minimax_text_01 llama4 llama4_text qwen2_moe qwen3_moe qwen3_vl_moe "
    "qwen3_vl_moe_text qwen3_omni_moe_text qwen3_next qwen3_5_moe qwen3_5_moe_text hunyuan hunyuan_v1_moe gemma4 "
    "gemma4_text longcat_flash longcat deepseek_v4 nemotron_h nemotron_h_puzzle skywork aria_text xverse");

// Chosen by scores with a bias that balances the load, and scaled to add up to one.
const std::set<std::string> biased_scores = split(
    "deepseek_v3 deepseek_v32 kimi_k2 kimi_k25 kimi_linear glm4_moe glm4_moe_lite glm_moe_dsa glm4v_moe_text "
    "minimax_m2 "
    "dots1");

const std::set<std::string> gates_shared = split("qwen2_moe qwen3_next qwen3_5_moe qwen3_5_moe_text");

const std::set<std::string> four_times =
    split("gpt2 gptj gpt_neo bloom falcon mpt gpt_bigcode RefinedWeb RefinedWebModel");

const std::map<std::string, int> full_every{{"gpt_oss", 2},     {"gemma2", 2},  {"gemma3", 6},     {"gemma3_text", 6},
                                            {"cohere2", 4},     {"exaone4", 4}, {"olmo3", 4},      {"llama4", 4},
                                            {"llama4_text", 4}, {"afmoe", 4},   {"exaone_moe", 4}, {"vaultgemma", 2}};

const std::map<std::string, int> head_dims{
    {"gemma", 256},        {"gemma2", 256},           {"gemma3_text", 256},     {"gemma3", 256},
    {"qwen3", 128},        {"qwen3_moe", 128},        {"glm4_moe", 128},        {"seed_oss", 128},
    {"gpt_oss", 64},       {"minimax_m2", 128},       {"recurrent_gemma", 256}, {"qwen3_next", 256},
    {"qwen3_5_text", 256}, {"qwen3_5_moe_text", 256}, {"helium", 128},          {"bailing_moe_v2", 0}};

Family table_entry(const std::string& type) {
  Family f;
  f.type = type;
  f.plain_heads = plain_heads.contains(type);
  f.experts_everywhere = experts_everywhere.contains(type);
  f.one_width = one_width.contains(type);
  f.gates_shared = gates_shared.contains(type);
  f.biased_scores = biased_scores.contains(type);
  f.shares_experts = !unshared.contains(type);
  f.four_times = four_times.contains(type);
  f.known = plain.contains(type) || ungated.contains(type);
  if (ungated.contains(type)) f.matrices = 2;
  f.gelu_with_gate =
      type.find("gemma") != std::string::npos || type.starts_with("grok") || type == "git" || type == "zamba2";
  f.tied = tied.contains(type);
  f.multi_head = multi_head.contains(type);
  f.learned_positions = positions.contains(type);
  f.gates_attention = type == "afmoe";
  f.head_norm = type.starts_with("qwen3") || type.starts_with("gemma3") || type == "minimax_m2" || type == "olmo2" ||
                type == "olmo3";
  f.shared_experts = type == "llama4" || type == "llama4_text" ? 1 : 0;
  if (const auto found = full_every.find(type); found != full_every.end()) f.full_every = found->second;
  if (const auto found = head_dims.find(type); found != head_dims.end()) f.head_dim = found->second;
  if (!f.known) f.matrices = 0;
  return f;
}

}  // namespace

Family family_of(const std::string& model_type) { return table_entry(model_type); }

}  // namespace teapot
