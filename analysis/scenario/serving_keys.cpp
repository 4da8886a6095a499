// The words of the reference for keys of a service.
// Does not know what becomes of them.

#include "analysis/scenario/serving_keys.hpp"

#include <utility>

namespace teapot {
namespace {

constexpr std::pair<const char*, About> serving_keys_known[] = {
    {"requests.arrivals", {"When requests come: one of the keys below", "{poisson: 40 /s}"}},
    {"requests.arrivals.poisson", {"Requests a second that come by chance", "40 /s"}},
    {"requests.arrivals.constant", {"Requests a second that come evenly", "40 /s"}},
    {"requests.arrivals.gamma", {"Requests a second in bursts", "40 /s"}},
    {"requests.arrivals.burstiness", {"Squared coefficient of variation of gamma's gaps", "4", "1: Poisson"}},
    {"requests.arrivals.concurrency", {"Closed loop: requests in flight, the next comes when one has ended", "256"}},
    {"requests.arrivals.trace", {"A file of arrivals (docs/serving.md)", "azure.csv"}},
    {"requests.prompt_tokens", {"Tokens of each prompt; for `serve` also a distribution", "4096"}},
    {"requests.cached_fraction", {"Part of a prompt that a prefix cache holds already", "0.56"}},
    {"requests.output_tokens", {"A number or a distribution, as context_tokens", "1024", "1024; or the trace's"}},
    {"requests.duration", {"Of arrivals; what has come then is served to its end", "10 min", "10 min"}},
    {"requests.count", {"Requests that come at most", "1000", "5,000,000"}},
    {"requests.limits", {"What a request must keep to count as good", "{ttft: 2 s, tpot: 50 ms}", "none"}},
    {"requests.limits.ttft", {"To the first token: goodput counts requests that keep it", "2 s", "no limit"}},
    {"requests.limits.tpot", {"For each further token: goodput counts requests that keep it", "50 ms", "no limit"}},
    {"serving.placement",
     {"co-located (prompts in chunks beside decoding), disaggregated (two pools), or attention-ffn (two pools, and "
      "units "
      "that decode with attention_gpus)",
      "disaggregated", "co-located"}},
    {"serving.prefill", {"One unit of the pool for prompts: keys of `deployment`, and the three below", "{gpus: 32}"}},
    {"serving.prefill.*", {"A key of `deployment` in place of what stands there", "32"}},
    {"serving.prefill.units", {"Units that step on their own", "4", "1"}},
    {"serving.prefill.max_tokens", {"Of prompts, a GPU and step", "16384", "16384"}},
    {"serving.decode", {"One unit of the pool that decodes: keys of `deployment`, and those below", "{gpus: 144}"}},
    {"serving.decode.*", {"A key of `deployment` in place of what stands there", "144"}},
    {"serving.decode.units", {"Units that step on their own", "1", "1"}},
    {"serving.decode.max_requests_per_gpu", {"That decode at once", "128", "128"}},
    {"serving.kv_transfer",
     {"When a cache leaves the GPUs that computed a prompt: at-end of its step, or by-layer", "by-layer", "at-end"}},
    {"serving.scheduler", {"How requests get into steps and tokens out", "{chunk_tokens: 2048}"}},
    {"serving.scheduler.policy", {"fcfs: first come, first served", "fcfs", "fcfs"}},
    {"serving.scheduler.preemption", {"What is put off starts over: recompute", "recompute", "recompute"}},
    {"serving.scheduler.chunk_tokens", {"Of prompts, a GPU and step, where placement is co-located", "2048", "2048"}},
    {"serving.scheduler.steps_ahead", {"Steps scheduled while one runs", "1", "the stack's"}},
    {"serving.scheduler.poll_steps", {"Steps between two looks for new requests", "10", "1"}},
    {"serving.scheduler.wait_steps", {"Steps that prompts wait for more of them at most", "0", "0"}},
    {"serving.scheduler.stream_tokens", {"Tokens that are sent at a time", "10", "1"}},
    {"serving.failures",
     {"Parts of the fabric that fail and are mended while requests are served, named as in "
      "fabric.failures",
      "[{plane: 3, at: 5 min, until: 8 min}]"}},
    {"serving.failures[].at", {"When it fails, from the beginning", "5 min"}},
    {"serving.failures[].*", {"The part, as in fabric.failures: link, nic, switch, plane or tier", "3"}},
    {"serving.failures[].until", {"When it is mended", "8 min", "never"}},
};

}  // namespace

void describe_serving_keys(const Config& scenario) {
  for (const auto& [path, about] : serving_keys_known) {
    std::string rest = path;
    Config at = scenario;
    for (std::size_t dot = rest.find('.'); dot != std::string::npos; dot = rest.find('.')) {
      at = at.section(rest.substr(0, dot));
      rest = rest.substr(dot + 1);
    }
    at.has(rest, about);
  }
}

}  // namespace teapot
