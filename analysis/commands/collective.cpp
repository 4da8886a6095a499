// ./teapot collective: one exchange alone on a fabric, in the units of nccl-tests and DeepEP.
// Does not know who sends what to whom, nor how long it takes.

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "analysis/collective/collective_run.hpp"
#include "analysis/commands/command_line.hpp"
#include "analysis/output/progress_line.hpp"
#include "analysis/scenario/libraries.hpp"
#include "analysis/scenario/scenario.hpp"
#include "platforms/accelerator.hpp"
#include "platforms/communication.hpp"
#include "platforms/platform_file/platform_file.hpp"
#include "sim/catalogue.hpp"
#include "sim/input_file.hpp"
#include "topologies/topology.hpp"

namespace teapot::collective_command {
namespace {

const std::vector<std::string> operations = {"all-to-all", "dispatch",  "combine", "all-gather", "reduce-scatter",
                                             "all-reduce", "broadcast", "send",    "matrix"};

constexpr int most_gpus = 65'534;  // ranks are stored in 16 bits

struct CollectiveOptions {
  std::string fabric;
  std::string platform;
  std::vector<std::string> sets;
  int gpus = 0;
  std::string operation = "all-to-all";
  std::vector<std::string> bytes;
  std::vector<int> tokens;
  ExpertExchange experts;
  int max_nodes = 0;
  std::string precision;
  std::string per;
  std::string load = "uniform";
  std::string remote = "as-routed";
  std::string copies = "routed";
  std::string algorithm = "ring";
  int group_size = 0;
  int groups = 1;
  int from = 0;
  int to = -1;
  std::string matrix;
  std::string accelerator = "h800";
  std::string communication;
  std::string depth = "collective";
  bool json = false;

  bool experts_wanted() const { return operation == "dispatch" || operation == "combine"; }
};

[[noreturn]] void refuse(const std::string& option, const std::string& why) {
  throw ConfigError(fmt::format("command line: {}: {}", option, why));
}

Network load_network(const CollectiveOptions& options) {
  if (options.gpus > most_gpus) refuse("--gpus", fmt::format("at most {}", most_gpus));
  if (!options.platform.empty()) {
    if (!options.sets.empty()) refuse("--set", "changes a fabric; a platform file is taken as it is");
    if (const auto why = unreadable(options.platform, most_trace_bytes); !why.empty())
      refuse("--platform", options.platform + ": " + why);
    Network network = read_platform(options.platform, options.gpus > 0 ? options.gpus : most_gpus);
    if (network.ranks() < options.gpus)
      refuse("--gpus", fmt::format("{} GPUs, but {} has {}", options.gpus, options.platform, network.ranks()));
    return network;
  }
  Tree tree = resolve_named(options.fabric, "topologies", "fabric");
  for (const auto& set : options.sets) apply_set(tree, set);
  const Fabric fabric = build_fabric(Config{tree});
  if (options.gpus > fabric.gpus())
    refuse("--gpus", fmt::format("{} GPUs, but {} has {}", options.gpus, fabric.name, fabric.gpus()));
  if (options.gpus == 0 && fabric.gpus() > most_gpus)
    refuse("--gpus", fmt::format("{} has {} GPUs, give {} at most", fabric.name, fabric.gpus(), most_gpus));
  return to_network(fabric, options.gpus > 0 ? options.gpus : fabric.gpus());
}

Bytes read_size(const std::string& text) {
  try {
    const bool plain = text.find_first_not_of("0123456789") == std::string::npos;
    const Bytes size = parse_quantity<Bytes>(plain ? text + " B" : text);
    if (size > Bytes{}) return size;
  } catch (const std::invalid_argument& error) {
    refuse("--bytes", error.what());
  }
  refuse("--bytes", "must be above zero, got " + text);
}

ExpertExchange read_exchange(const CollectiveOptions& options, int ranks) {
  ExpertExchange exchange = options.experts;
  if (exchange.experts % ranks != 0)
    refuse("--experts", fmt::format("{} experts do not divide over {} GPUs", exchange.experts, ranks));
  if (exchange.top_k > exchange.experts) refuse("--top-k", "more than there are experts");
  if (exchange.experts > 65'535) refuse("--experts", "at most 65,535");
  if (options.max_nodes > 0 && exchange.experts % exchange.expert_groups != 0)
    refuse("--expert-groups", fmt::format("must divide the {} experts", exchange.experts));
  if (options.max_nodes > exchange.expert_groups)
    refuse("--max-nodes", fmt::format("more than there are groups ({})", exchange.expert_groups));
  // The decode section of a scenario reads the same words; one meaning, one reader.
  const bool combine = options.operation == "combine";
  const std::string precision = options.precision.empty() ? (combine ? "bf16" : "fp8") : options.precision;
  Model model;
  model.experts.routed = exchange.experts;
  model.experts.top_k = exchange.top_k;
  model.experts.groups = exchange.expert_groups;
  model.weights = format("bf16");
  Layout layout;
  layout.gpus = layout.expert_parallel = ranks;
  const auto text = fmt::format(
      "{{precision: {{{}: {}}}, routing: {{load: {}, per: {}, remote: {}, copies: {}, max_nodes: "
      "{}}}}}",
      combine ? "combine" : "dispatch", precision, options.load, options.per, options.remote, options.copies,
      options.max_nodes);
  const Config decode = Config::parse(text, "command line");
  const Precision formats = read_precision(decode.section("precision"), model.weights);
  exchange.format = combine ? formats.combine : formats.dispatch;
  exchange.routing = read_routing(decode.section("routing"), model, layout);
  return exchange;
}

Groups read_groups(const CollectiveOptions& options, int ranks) {
  if (options.group_size > 0 && options.groups > 1) refuse("--group-size", "give either --group-size or --groups");
  const int size = options.group_size > 0 ? options.group_size : ranks / options.groups;
  if (size < 2) refuse("--groups", "leaves fewer than two GPUs to a group");
  if (ranks % size != 0 || ranks % options.groups != 0)
    refuse(options.groups > 1 ? "--groups" : "--group-size", fmt::format("does not divide {} GPUs", ranks));
  return make_groups(ranks, options.groups > 1 ? ranks : size, options.groups);
}

std::vector<Pattern> patterns(const CollectiveOptions& options, const Network& network) {
  const int ranks = network.ranks();
  std::vector<Pattern> all;
  if (!options.matrix.empty()) return {matrix_pattern(options.matrix, ranks)};
  if (options.experts_wanted()) {
    ExpertExchange exchange = read_exchange(options, ranks);
    for (const int tokens : options.tokens.empty() ? std::vector<int>{128} : options.tokens) {
      exchange.tokens = tokens;
      all.push_back(expert_pattern(exchange, options.operation == "combine", ranks, network.domain));
    }
    return all;
  }
  if (options.bytes.empty()) refuse("--bytes", options.operation + " needs one size or several");
  for (const auto& text : options.bytes) {
    const Bytes size = read_size(text);
    if (options.operation == "send") {
      const int to = options.to < 0 ? ranks - 1 : options.to;
      if (options.from >= ranks || to >= ranks || to == options.from)
        refuse("--to", fmt::format("give two different ranks below {}", ranks));
      all.push_back(send_pattern(size, options.from, to, ranks));
    } else {
      all.push_back(dense_pattern(options.operation, size,
                                  options.algorithm == "ring" ? Algorithm::ring : Algorithm::direct,
                                  read_groups(options, ranks), network.domain));
    }
  }
  return all;
}

/// The choice of a library as a scenario's `decode` would say it.
Config library_section(const CollectiveOptions& options) {
  return Config::parse(
      options.communication.empty() ? "{}" : fmt::format("{{communication: {}}}", options.communication),
      "command line");
}

/// The libraries that ran, by size where it matters: "nccl ring-ll, nccl switch".
std::string libraries_of(const std::vector<CollectiveResult>& results) {
  std::string text;
  std::string last;
  for (const auto& result : results) {
    if (result.library != last) text += (text.empty() ? "communication " : ", ") + result.library;
    last = result.library;
  }
  return text;
}

void check(const CollectiveOptions& options) {
  if (options.fabric.empty() == options.platform.empty()) refuse("--fabric", "give a fabric or a --platform file");
  if (options.matrix.empty() == (options.operation == "matrix")) refuse("--matrix", "goes with --op matrix");
  if (options.experts_wanted() && !options.bytes.empty())
    refuse("--bytes", "dispatch and combine take --tokens; bytes follow from --hidden, --top-k and --precision");
  if (!options.experts_wanted() && !options.tokens.empty()) refuse("--tokens", "goes with dispatch and combine");
  if (options.operation != "send" && options.from > 0) refuse("--from", "goes with --op send");
  if (options.operation != "send" && options.to >= 0) refuse("--to", "goes with --op send");
}

void execute(const CollectiveOptions& given) {
  CollectiveOptions options = given;
  if (!options.matrix.empty()) options.operation = "matrix";
  check(options);
  const Network network = load_network(options);
  if (network.ranks() < 2) refuse("--gpus", "a collective needs two GPUs at least");
  const Accelerator accelerator =
      read_accelerator(Config{resolve_named(options.accelerator, "platforms/accelerators", "accelerator")});
  PartReader parts;
  const Libraries libraries = read_libraries(library_section(options), accelerator,
                                             {scale_up_bandwidth(network), accelerator.communication_latency}, parts);
  if (options.per.empty()) options.per = libraries.copies;
  const auto depth = options.depth == "pair" ? NetworkDepth::pair : NetworkDepth::collective;
  const auto all = patterns(options, network);
  std::vector<CollectiveResult> results;
  ProgressLine progress;
  for (std::size_t i = 0; i < all.size(); ++i) {
    progress(options.operation, static_cast<double>(i) / static_cast<double>(all.size()));
    results.push_back(run_collective(all[i], network, libraries.costs, depth));
    results.back().operation = options.operation;
    results.back().groups = options.group_size > 0 ? network.ranks() / options.group_size : options.groups;
    if (options.experts_wanted()) results.back().tokens = options.tokens.empty() ? 128 : options.tokens[i];
  }
  if (options.json) return fmt::print("{}", collective_json(results, network.name));
  fmt::print("{} on {} GPUs of {}, {}\n{}", options.operation, network.ranks(), network.name, libraries_of(results),
             collective_table(results));
}

void add_expert_options(Command command, const std::shared_ptr<CollectiveOptions>& o) {
  ExpertExchange& experts = o->experts;
  command.option("--tokens", o->tokens, "Tokens of each GPU, one number or several (default 128)")
      .comma_separated()
      .range(1, 65'535);
  command.option("--hidden", experts.hidden, "Width of a token (default 7168)").positive();
  command.option("--top-k", experts.top_k, "Experts of a token (default 8)").positive();
  command.option("--experts", experts.experts, "Routed experts (default 256)").positive();
  command.option("--expert-groups", experts.expert_groups, "Groups of experts in the gate (default 8)").positive();
  command.option("--max-nodes", o->max_nodes, "Groups a token may choose from (default: all)").non_negative();
  command.option("--precision", o->precision, "Format of a copy (default fp8 for dispatch, bf16 for combine)")
      .one_of(format_names())
      .type_name("FORMAT");
  command.option("--per", o->per, "One copy of a token for each: expert, gpu, node (default: as the library sends)")
      .one_of({"expert", "gpu", "node"});
  command.option("--load", o->load, "uniform (sampled, default) or balanced (expected values)")
      .one_of({"uniform", "balanced"});
  command.option("--copies", o->copies, "routed (default) or routed+shared").one_of({"routed", "routed+shared"});
  command.option("--remote", o->remote, "as-routed (default), or all: no copy stays on its own GPU")
      .one_of({"as-routed", "all"});
  command.option("--seed", experts.seed, "Of the tokens' choices (default 1)");
}

void declare(Command command) {
  auto o = std::make_shared<CollectiveOptions>();
  command.option("--fabric", o->fabric, "Name of a fabric, or a YAML file").type_name("FABRIC");
  command.option("--platform", o->platform, "A SimGrid platform file instead").type_name("FILE.xml");
  command.sets(o->sets, "Change a key of the fabric, e.g. --set routing=ecmp (may be repeated)");
  command.option("--gpus", o->gpus, "How many, counted from the first; without, all of the fabric").positive();
  command.option("--op", o->operation, "What is exchanged (default all-to-all)").one_of(operations);
  command.option("--bytes", o->bytes, "Size as nccl-tests counts it, one or several: 16GiB or 65536,1MiB")
      .comma_separated()
      .type_name("SIZE");
  add_expert_options(command, o);
  command.option("--algorithm", o->algorithm, "ring (default) or direct, for all but all-to-all")
      .one_of({"ring", "direct"});
  command.option("--group-size", o->group_size, "Several groups at once: of so many consecutive GPUs").positive();
  command.option("--groups", o->groups, "Several groups at once: so many, GPU r in group r modulo it").positive();
  command.option("--from", o->from, "Sending rank of send (default 0)").non_negative();
  command.option("--to", o->to, "Receiving rank of send (default: the last)").non_negative();
  command.option("--matrix", o->matrix, "Bytes from rank (row) to rank (column), in place of --op")
      .type_name("FILE.csv");
  command
      .option("--communication", o->communication,
              "What the kernels add: a library (default: the accelerator's), or ideal")
      .type_name("NAME");
  command
      .option("--accelerator", o->accelerator, "Whose kernels and default libraries (default h800, as in a scenario)")
      .type_name("NAME");
  command.option("--network", o->depth, "collective (default), or pair: every pair by itself, for up to 128 GPUs")
      .one_of({"collective", "pair"});
  command.flag("--json", o->json, "One JSON object; several sizes in a list `results`");
  command.footer(
      "Examples:\n"
      "  ./teapot collective --fabric h800-mpft --gpus 64 --op all-to-all --bytes 1MiB,1GiB,16GiB\n"
      "  ./teapot collective --fabric h800-mpft --gpus 128 --op dispatch --tokens 128 --communication "
      "deepep-low-latency\n"
      "  ./teapot collective --fabric h800-roce --set routing=ecmp --gpus 128 --op all-gather --groups 4 --bytes 1GiB");
  command.run([o] { execute(*o); });
}

const CommandRegistration registration{50, "collective", "One exchange alone on a fabric: time, algbw, busbw and bound",
                                       declare};

}  // namespace
}  // namespace teapot::collective_command
