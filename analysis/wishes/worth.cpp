// Simulates a scenario once for each wish.
// Does not know what wishes ask for.

#include "analysis/wishes/worth.hpp"

#include <algorithm>
#include <map>

#include "analysis/run/report.hpp"
#include "analysis/run/run.hpp"
#include "topologies/topology.hpp"

namespace teapot {
namespace {

/// `accelerator`: its name in price lists.
Figured figured(const Tree& tree, const std::string& name, const std::string& accelerator, const CostLists& lists,
                PartReader& parts) {
  const Scenario scenario = read_scenario(tree, name, parts);
  if (scenario.phase != Phase::decode) Config{tree}.at("phase").fail("wishes are worth TPOT, which decoding has");
  const Run result = run(scenario);
  const Report sums = report(scenario, result.program, result.timeline);
  Figured f;
  f.tpot_ms = sums.tpot.value * 1e3;
  f.tokens_per_s_per_gpu = sums.tokens_per_s_per_gpu;
  f.exposed_ms = sums.exposed.value * 1e3;
  const auto network = network_price(tree, lists.prices, parts);
  if (!network) return f;
  f.network_usd = network->usd * scenario.gpus();
  f.network_W = network->power_w * scenario.gpus();
  if (const auto cost = token_cost(lists.economics, accelerator, *network, f.tokens_per_s_per_gpu))
    f.usd_per_million_tokens = cost->usd_per_million_tokens;
  f.tokens_per_joule = tokens_per_joule(lists.economics, accelerator, *network, f.tokens_per_s_per_gpu);
  return f;
}

/// Best first, then what means nothing here; equals stay in the order of the file.
void sort_by_tpot(std::vector<Worth>& rows) {
  std::stable_sort(rows.begin(), rows.end(), [](const Worth& a, const Worth& b) {
    if (a.after.has_value() != b.after.has_value()) return a.after.has_value();
    return a.after && a.after->tpot_ms < b.after->tpot_ms;
  });
}

/// Of each choice the wish that lowers TPOT most.
std::vector<const Wish*> best_of_choices(const std::vector<Wish>& wishes, const std::vector<Worth>& worth,
                                         double before_ms) {
  std::map<std::string, std::size_t> best;
  for (std::size_t i = 0; i < wishes.size(); ++i) {
    if (wishes[i].design || !worth[i].after || worth[i].after->tpot_ms >= before_ms) continue;
    const auto [found, added] = best.emplace(wishes[i].choice, i);
    if (!added && worth[i].after->tpot_ms < worth[found->second].after->tpot_ms) found->second = i;
  }
  std::vector<std::size_t> order;
  for (const auto& [choice, i] : best) order.push_back(i);
  std::sort(order.begin(), order.end());
  std::vector<const Wish*> chosen;
  for (const std::size_t i : order) chosen.push_back(&wishes[i]);
  return chosen;
}

/// The scenario with what wishes change written out: what the fabric's technologies say of it, GPUs and experts'
/// groups.
Tree written_out(const Tree& scenario, const std::string& name, PartReader& parts) {
  Tree tree = resolved(scenario, parts);
  if (const Tree* fabric = tree.find("fabric"); fabric != nullptr && fabric->kind == Tree::Kind::mapping)
    set_path(tree, "fabric", spelled_out(Config{*fabric}));
  const Scenario read = read_scenario(tree, name, parts);
  const Config deployment = Config{tree}.section("deployment");
  const auto put = [&](const char* key, int value) {
    if (!deployment.has(key))
      set_path(tree, std::string{"deployment."} + key, parse_yaml(std::to_string(value), "deployment"));
  };
  put("gpus", read.gpus());
  if (read.model.has_experts()) put("expert_parallel", read.layout.expert_parallel);
  return tree;
}

class Evaluator {
 public:
  Evaluator(const Tree& scenario, std::string name, const CostLists& lists)
      : resolved_(written_out(scenario, name, parts_)),
        name_(std::move(name)),
        accelerator_(accelerator_name(scenario)),
        lists_(lists) {}

  Figured before() { return figured(resolved_, name_, accelerator_, lists_, parts_); }

  Worth of(const Wish& wish) {
    Worth worth{wish.name, wish.says, wish.section, wish.design, {}, {}};
    try {
      CostLists lists = lists_;
      if (!wish.parts.empty()) lists.prices = load_prices(wish.parts);
      worth.after = figured(with_wish(resolved_, wish), name_, accelerator_of(wish), lists, parts_);
    } catch (const ConfigError& error) {
      worth.why_not = error.what();
    }
    return worth;
  }

  /// Wishes one after another: those that multiply a quantity multiply what is there by then. One that means nothing
  /// after the others is left out.
  Worth together(const std::vector<const Wish*>& wishes) {
    Worth all{"all of these together", "", "", false, {}, {}};
    Tree tree = resolved_;
    for (const Wish* wish : wishes) {
      try {
        const Tree next = with_wish(tree, *wish);
        all.after = figured(next, name_, accelerator_, lists_, parts_);
        tree = next;
        all.says += (all.says.empty() ? "" : "; ") + wish->name;
      } catch (const ConfigError&) {
        continue;
      }
    }
    return all;
  }

 private:
  std::string accelerator_of(const Wish& wish) const {
    for (const auto& [key, value] : wish.set) {
      if (key == "accelerator" && value.kind == Tree::Kind::scalar) return value.text;
    }
    return accelerator_;
  }

  PartReader parts_;
  Tree resolved_;
  std::string name_, accelerator_;
  const CostLists& lists_;
};

}  // namespace

WorthTable worth_of(const Tree& scenario, const std::string& name, const std::vector<Wish>& wishes,
                    const CostLists& lists, const std::function<void(double fraction)>& progress) {
  Evaluator evaluator{scenario, name, lists};
  const auto tell = [&](std::size_t done) {
    if (progress) progress(static_cast<double>(done) / static_cast<double>(wishes.size() + 2));
  };
  tell(0);
  WorthTable table;
  table.scenario = name;
  table.before = evaluator.before();
  std::vector<Worth> worth;
  for (const Wish& wish : wishes) {
    tell(worth.size() + 1);
    worth.push_back(evaluator.of(wish));
  }
  table.together = evaluator.together(best_of_choices(wishes, worth, table.before.tpot_ms));
  for (Worth& one : worth) (one.design ? table.designs : table.wishes).push_back(std::move(one));
  sort_by_tpot(table.wishes);
  sort_by_tpot(table.designs);
  return table;
}

}  // namespace teapot
