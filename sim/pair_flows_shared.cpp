// What SimGrid is told of links and what it answers.
// Does not know when flows end.

#include <algorithm>
#include <cmath>
#include <functional>

#include "sim/index.hpp"
#include "sim/pair_flows.hpp"

namespace teapot {
namespace {

/// How far a link may be above its rate, and a pair behind another, by rounding.
constexpr double tolerance = 1e-9;
/// A link that was told to all is no longer once it is this much off: less would tell and forget it all the time.
constexpr double idle = 0.5, apart = 1.25;
/// So often SimGrid may share at one instant before it is told everything.
constexpr int most_rounds = 64;

}  // namespace

void PairFlows::tell() {
  for (const int bundle : changed_) {
    Bundle& b = bundles_[at(bundle)];
    b.changed = false;
    if (b.share < 0 && b.flows.empty()) continue;
    if (b.share < 0) b.share = shares_.add(b.links);
    shares_.weigh(b.share, b.flows.size());
  }
  changed_.clear();
}

bool PairFlows::settle(double now) {
  if (seeds_.empty() && touched_.empty()) return true;
  ++round_;
  const std::vector<int> seeds = std::exchange(seeds_, {});
  for (const int link : seeds) read_component(link, now);
  if (give_what_is_left(now) || open_or_close(now)) {
    if (++rounds_ > most_rounds && !opened_all_) open_all(now);
    tell();
    return false;
  }
  rounds_ = 0;
  return true;
}

/// The component of which it was when rates were last read.
void PairFlows::drop(const Bundle& bundle) {
  if (bundle.component >= 0 && components_[at(bundle.component)].version == bundle.version) drop(bundle.component);
}

void PairFlows::drop(int component) {
  if (!components_[at(component)].live) return;
  components_[at(component)].live = false;
  components_[at(component)].bundles.clear();
  free_components_.push_back(component);
}

int PairFlows::new_component() {
  if (free_components_.empty()) {
    free_components_.push_back(static_cast<int>(components_.size()));
    components_.emplace_back();
  }
  const int component = free_components_.back();
  free_components_.pop_back();
  ++components_[at(component)].version;
  return component;
}

void PairFlows::see(int link) {
  if (std::exchange(links_[at(link)].seen, round_) == round_) return;
  stack_.push_back(link);
  asked_.push_back(link);
}

/// All bundles that share this link, or a link with one that does.
void PairFlows::read_component(int seed, double now) {
  see(seed);
  if (stack_.empty() || links_[at(seed)].bundles.empty()) return stack_.clear();
  const int c = new_component();
  std::vector<int> members = std::exchange(components_[at(c)].bundles, {});
  double first = std::numeric_limits<double>::infinity();
  while (!stack_.empty()) {
    const int link = stack_.back();
    stack_.pop_back();
    for (const OnLink& on : links_[at(link)].bundles) {
      Bundle& b = bundles_[at(on.bundle)];
      if (std::exchange(b.seen, round_) == round_) continue;
      drop(b);
      b.component = c;
      b.version = components_[at(c)].version;
      members.push_back(on.bundle);
      read_rate(on.bundle, now);
      first = std::min(first, b.end_s);
      for (const int other : b.links) see(other);
    }
  }
  components_[at(c)].bundles = std::move(members);
  components_[at(c)].live = true;
  if (first < std::numeric_limits<double>::infinity()) ends_.push({first, c, components_[at(c)].version});
}

void PairFlows::read_rate(int bundle, double now) {
  Bundle& b = bundles_[at(bundle)];
  const double rate = shares_.rate(b.share) / static_cast<double>(b.flows.size());
  if (rate != b.rate) {
    progress(b, now);
    for (const Passing& p : b.passing) {
      passing_[at(p.link)] += (rate - b.rate) * p.flows;
      touch(p.link);
    }
    b.rate = rate;
  }
  b.end_s = rate > 0 ? b.at_s + (b.flows.front().first - b.sent) / rate : std::numeric_limits<double>::infinity();
}

/// Links that SimGrid shares among some of the flows on them have for these what the others leave.
bool PairFlows::give_what_is_left(double now) {
  bool more = false;
  for (const int l : std::exchange(touched_, {})) {
    Link& link = links_[at(l)];
    is_touched_[at(l)] = 0;
    asked_.push_back(l);
    if (link.bundles.empty()) continue;
    const double left = link.passers.empty() ? link.rate : link.rate - passing_[at(l)];
    if (left <= tolerance * link.rate) {
      open(l, now);
      more = true;
    } else if (std::abs(left - link.given) > 1e-13 * link.rate) {
      shares_.set_rate(l, link.given = left);
      seeds_.push_back(l);
      more = true;
    }
  }
  return more;
}

/// Once rates are final for what SimGrid was told.
bool PairFlows::open_or_close(double now) {
  bool more = false;
  ++round_;
  for (const int l : std::exchange(asked_, {})) {
    Link& link = links_[at(l)];
    if (std::exchange(link.seen, round_) == round_) continue;
    if (!link.opened && !link.passers.empty() && !is_kept(l)) {
      open(l, now);
      more = true;
    } else if (link.opened && link.opened_s != now && !opened_all_ && may_close(link)) {
      close(l, now);
      more = true;
    }
  }
  return more;
}

/// Whether shares are fair here although SimGrid is told of some of the flows only, or of none.
bool PairFlows::is_kept(int l) const {
  const Link& link = links_[at(l)];
  if (link.bundles.empty()) return passing_[at(l)] <= link.rate * (1 + tolerance);
  double used = 0, most = 0, passing = 0;
  for (const OnLink& on : link.bundles) {
    const Bundle& b = bundles_[at(on.bundle)];
    used += b.rate * static_cast<double>(b.flows.size());
    most = std::max(most, b.rate);
  }
  if (used < link.given * (1 - tolerance)) return true;
  for (const int bundle : link.passers) passing = std::max(passing, bundles_[at(bundle)].rate);
  return passing <= most * (1 + tolerance);
}

/// Whether those that were told of the link only as it was full are far from being held up by it.
bool PairFlows::may_close(const Link& link) const {
  // Each path may still change its flow once for each link that is opened.
  if (shares_.left() < at(paths_.paths()) * paths_.longest()) return false;
  double used = 0, slowest = 0, others = 0;
  for (const OnLink& on : link.bundles) {
    const Bundle& b = bundles_[at(on.bundle)];
    used += b.rate * static_cast<double>(b.flows.size());
    double& most = b.opened[on.index] ? others : slowest;
    most = std::max(most, b.rate);
  }
  return used < idle * link.rate || slowest > apart * others;
}

/// Flows of these bundles that cross the link change to the bundles of those that are told of it, or not.
void PairFlows::move(int link, const std::vector<int>& bundles, bool opened, double now) {
  std::vector<std::pair<int, double>> moving;
  for (const int bundle : bundles) {
    Bundle& b = bundles_[at(bundle)];
    progress(b, now);
    const auto crosses = [&](const std::pair<double, int>& flow) {
      const auto links = paths_.binding(flows_[at(flow.second)].path);
      return std::find(links.begin(), links.end(), link) != links.end();
    };
    const auto stay = std::stable_partition(b.flows.begin(), b.flows.end(), std::not_fn(crosses));
    const std::vector<std::pair<double, int>> leaving(stay, b.flows.end());
    b.flows.erase(stay, b.flows.end());
    std::make_heap(b.flows.begin(), b.flows.end(), std::greater<>{});
    for (const auto& [end, flow] : leaving) {
      pass(bundle, flows_[at(flow)].path, -1);
      moving.emplace_back(flow, end - b.sent);
    }
    change(bundle);
    drop(b);
    if (b.flows.empty()) deactivate(bundle);
  }
  links_[at(link)].opened = opened;
  ++openings_;
  for (const auto& [flow, bytes] : moving) put(flow, bytes, now);
  seeds_.push_back(link);
}

void PairFlows::open(int link, double now) {
  const std::vector<int> bundles = links_[at(link)].passers;
  move(link, bundles, true, now);
  links_[at(link)].opened_s = now;
}

void PairFlows::close(int link, double now) {
  std::vector<int> bundles;
  for (const OnLink& on : links_[at(link)].bundles) {
    if (bundles_[at(on.bundle)].opened[on.index]) bundles.push_back(on.bundle);
  }
  move(link, bundles, false, now);
}

void PairFlows::open_all(double now) {
  opened_all_ = true;
  for (std::size_t l = 0; l < links_.size(); ++l) {
    if (!links_[l].opened) open(static_cast<int>(l), now);
  }
}

}  // namespace teapot
