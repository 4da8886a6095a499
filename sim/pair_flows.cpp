// Bundles of flows, how far they are, and when the next one ends.
// Does not know how SimGrid shares.

#include "sim/pair_flows.hpp"

#include <algorithm>
#include <cassert>
#include <functional>

#include "sim/index.hpp"

namespace teapot {

PairFlows::PairFlows(const PairPaths& paths, const std::vector<double>& rates, LinkShares& shares)
    : paths_(paths),
      shares_(shares),
      links_(rates.size()),
      passing_(rates.size()),
      is_touched_(rates.size()),
      last_(at(paths.paths())) {
  for (std::size_t l = 0; l < rates.size(); ++l) links_[l].rate = links_[l].given = rates[l];
}

bool PairFlows::is_told(int path, std::size_t index) const {
  return index < paths_.slowest(path) || links_[at(paths_.binding(path)[index])].opened;
}

int PairFlows::bundle_of(int path) {
  Last& last = last_[at(path)];
  if (last.openings != openings_) last = {new_bundle(path), openings_};
  return last.bundle;
}

/// Or the one that is like it.
int PairFlows::new_bundle(int path) {
  const auto links = paths_.binding(path);
  std::vector<int> key;
  for (std::size_t i = 0; i < links.size(); ++i) {
    if (is_told(path, i)) key.push_back(2 * links[i] + (i < paths_.slowest(path) ? 0 : 1));
  }
  std::sort(key.begin(), key.end());
  const auto [found, is_new] = known_.try_emplace(key, static_cast<int>(bundles_.size()));
  if (is_new) {
    Bundle& bundle = bundles_.emplace_back();
    for (const int link : key) {
      bundle.links.push_back(link / 2);
      bundle.opened.push_back(link % 2 != 0);
    }
    bundle.place.resize(key.size());
  }
  return found->second;
}

int PairFlows::start(int path, double bytes, double now) {
  if (free_.empty()) {
    free_.push_back(static_cast<int>(flows_.size()));
    flows_.emplace_back();
  }
  const int flow = free_.back();
  free_.pop_back();
  flows_[at(flow)].path = path;
  put(flow, bytes, now);
  return flow;
}

void PairFlows::put(int flow, double bytes, double now) {
  Flow& f = flows_[at(flow)];
  f.bundle = bundle_of(f.path);
  Bundle& bundle = bundles_[at(f.bundle)];
  if (bundle.flows.empty()) {
    activate(f.bundle);
    bundle.sent = 0;
  }
  progress(bundle, now);
  f.end = bundle.sent + bytes;
  bundle.flows.emplace_back(f.end, flow);
  std::push_heap(bundle.flows.begin(), bundle.flows.end(), std::greater<>{});
  pass(f.bundle, f.path, 1);
  change(f.bundle);
}

/// So many more of its flows, or fewer, cross the links of this path that SimGrid is not told of.
void PairFlows::pass(int bundle, int path, int flows) {
  Bundle& b = bundles_[at(bundle)];
  const auto links = paths_.binding(path);
  for (std::size_t i = paths_.slowest(path); i < links.size(); ++i) {
    Link& link = links_[at(links[i])];
    if (link.opened) continue;
    auto entry = std::find_if(b.passing.begin(), b.passing.end(), [&](const Passing& p) { return p.link == links[i]; });
    if (entry == b.passing.end()) {
      entry = b.passing.insert(entry, {links[i], 0});
      link.passers.push_back(bundle);
    }
    passing_[at(links[i])] += b.rate * flows;
    entry->flows += flows;
    if (entry->flows == 0) {
      *entry = b.passing.back();
      b.passing.pop_back();
      *std::find(link.passers.begin(), link.passers.end(), bundle) = link.passers.back();
      link.passers.pop_back();
      if (link.passers.empty()) passing_[at(links[i])] = 0;  // and no rounding is left of it
    }
    touch(links[i]);
  }
}

void PairFlows::touch(int link) {
  if (std::exchange(is_touched_[at(link)], 1) != 0) return;
  touched_.push_back(link);
}

void PairFlows::activate(int bundle) {
  Bundle& b = bundles_[at(bundle)];
  for (std::size_t i = 0; i < b.links.size(); ++i) {
    auto& there = links_[at(b.links[i])].bundles;
    b.place[i] = there.size();
    there.push_back({bundle, i});
    touch(b.links[i]);
  }
}

void PairFlows::deactivate(int bundle) {
  Bundle& b = bundles_[at(bundle)];
  for (std::size_t i = 0; i < b.links.size(); ++i) {
    auto& there = links_[at(b.links[i])].bundles;
    const OnLink last = there.back();
    there[b.place[i]] = last;
    bundles_[at(last.bundle)].place[last.index] = b.place[i];
    there.pop_back();
  }
  b.rate = 0;
  b.end_s = std::numeric_limits<double>::infinity();
}

void PairFlows::change(int bundle) {
  Bundle& b = bundles_[at(bundle)];
  if (b.changed) return;
  b.changed = true;
  changed_.push_back(bundle);
  seeds_.insert(seeds_.end(), b.links.begin(), b.links.end());
}

void PairFlows::progress(Bundle& bundle, double now) {
  bundle.sent += bundle.rate * (now - bundle.at_s);
  bundle.at_s = now;
}

void PairFlows::advance(double now, std::vector<int>& ended) {
  while (!ends_.empty() && ends_.top().end_s <= now + at_once_s) {
    const End end = ends_.top();
    ends_.pop();
    const Component& component = components_[at(end.component)];
    if (!component.live || component.version != end.version) continue;
    for (const int bundle : component.bundles) {
      if (bundles_[at(bundle)].end_s <= now + at_once_s) end_of(bundle, now, ended);
    }
    drop(end.component);  // until rates have been read again
  }
}

/// The next of its flows, and those that end with it.
void PairFlows::end_of(int bundle, double now, std::vector<int>& ended) {
  Bundle& b = bundles_[at(bundle)];
  progress(b, now);
  b.sent = std::max(b.sent, b.flows.front().first);
  const double so_far = b.sent + b.rate * at_once_s;
  while (!b.flows.empty() && b.flows.front().first <= so_far) {
    const int flow = b.flows.front().second;
    std::pop_heap(b.flows.begin(), b.flows.end(), std::greater<>{});
    b.flows.pop_back();
    pass(bundle, flows_[at(flow)].path, -1);
    ended.push_back(flow);
    free_.push_back(flow);
  }
  b.end_s = std::numeric_limits<double>::infinity();  // until it is known how fast the others are
  change(bundle);
  if (b.flows.empty()) deactivate(bundle);
}

double PairFlows::next_end() {
  while (!ends_.empty()) {
    const End& end = ends_.top();
    const Component& component = components_[at(end.component)];
    if (component.live && component.version == end.version) return end.end_s;
    ends_.pop();
  }
  return std::numeric_limits<double>::infinity();
}

}  // namespace teapot
