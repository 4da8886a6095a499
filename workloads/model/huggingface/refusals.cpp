// Model types that are not read, and why.
// Knows no model by name.

#include <vector>

#include "workloads/model/huggingface/families.hpp"

namespace teapot {
namespace {

struct Refusal {
  const char* why;
  std::vector<const char*> types;
};

const std::vector<Refusal>& refusals() {
  static const std::vector<Refusal> table{
      {"an encoder-decoder model; only decoders are modelled",
       {"t5",
        "mt5",
        "umt5",
        "bart",
        "mbart",
        "pegasus",
        "pegasus_x",
        "marian",
        "m2m_100",
        "nllb-moe",
        "longt5",
        "led",
        "prophetnet",
        "switch_transformers",
        "whisper",
        "speech_to_text",
        "seamless_m4t",
        "seamless_m4t_v2",
        "blenderbot",
        "t5gemma",
        "t5gemma2",
        "encoder-decoder",
        "vision-encoder-decoder",
        "speech-encoder-decoder",
        "plbart",
        "fsmt",
        "bigbird_pegasus",
        "trocr",
        "moonshine",
        "florence2",
        "donut-swin",
        "pix2struct"}},
      {"an encoder; only decoders of text are modelled",
       {"bert",     "roberta",    "xlm-roberta", "xlm-roberta-xl", "distilbert", "albert",    "electra",
        "deberta",  "deberta-v2", "mpnet",       "modernbert",     "nomic_bert", "camembert", "xlm",
        "flaubert", "longformer", "big_bird",    "funnel",         "ernie",      "clip",      "siglip",
        "siglip2",  "vit",        "dinov2",      "dinov3_vit",     "wav2vec2",   "hubert",    "esm",
        "eurobert", "layoutlm",   "layoutlmv3",  "blip",           "sam",        "detr",      "xlnet",
        "neobert"}},
      {"a diffusion model; only decoding token by token is modelled",
       {"llada", "llada_moe", "llada2_moe", "dream", "Dream", "sdar", "sdar_moe", "diffusion_gemma", "fast_dllm",
        "bd3lm", "mdlm"}},
      {"RWKV, whose recurrence is not modelled", {"rwkv", "rwkv5", "rwkv6", "rwkv6qwen2", "rwkv7", "rwkv_hybrid"}},
      {"of an architecture that is not modelled", {"griffin",       "hyena",     "stripedhyena",
                                                   "xlstm",         "hymba",     "gemma3n",
                                                   "gemma3n_text",  "retnet",    "reformer",
                                                   "transfo-xl",    "plamo2",    "blt",
                                                   "megatron-bert", "zamba",     "hgrn",
                                                   "gla",           "gsa",       "based",
                                                   "molmo",         "molmo2",    "hf_olmo",
                                                   "ttt",           "titans",    "diffllama",
                                                   "moshi",         "musicgen",  "bark",
                                                   "dia",           "csm",       "chameleon",
                                                   "emu3",          "janus",     "kyutai_speech_to_text",
                                                   "jetmoe",        "phi4flash", "phi3small",
                                                   "apriel_h",      "motif",     "nemotron_flash",
                                                   "fuyu_dense"}},
  };
  return table;
}

}  // namespace

std::string refusal(const std::string& model_type) {
  for (const Refusal& refusal : refusals()) {
    for (const char* type : refusal.types) {
      if (model_type == type) return refusal.why;
    }
  }
  return "";
}

}  // namespace teapot
