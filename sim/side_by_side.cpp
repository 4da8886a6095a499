// Renumbers ranks, endpoints and operators.
// Does not know what they do.

#include "sim/side_by_side.hpp"

#include <algorithm>
#include <map>
#include <numeric>

#include "sim/index.hpp"

namespace teapot {
namespace {

/// Writes one program into another, as ranks from `first` on and passive endpoints from `first_passive` on.
class Renumbered {
 public:
  Renumbered(const Program& from, const Program& into, int first, int first_passive)
      : from_(from), into_(into), first_(first), first_passive_(first_passive) {
    std::vector<int> all(at(from.ranks));
    std::iota(all.begin(), all.end(), first);
    all_ = ranks(std::move(all));
  }

  const Ranks& all() const { return all_; }

  Operator operator()(const Operator& op, int first_operator, int after) {
    Operator moved = op;
    for (int& earlier : moved.after) earlier += first_operator;
    if (after >= 0) moved.after.push_back(after);
    moved.on = op.on ? of(op.on) : all_;
    if (auto* compute = std::get_if<Compute>(&moved.work)) {
      compute->duration = of(compute->duration);
    } else {
      auto& collective = std::get<Collective>(moved.work);
      collective.traffic = of(collective.traffic);
    }
    return moved;
  }

 private:
  int endpoint(int of) const {
    return of < from_.ranks ? first_ + of : into_.ranks + first_passive_ + of - from_.ranks;
  }

  Ranks of(const Ranks& on) {
    Ranks& known = sets_[on];
    if (known) return known;
    std::vector<int> members = on->members();
    for (int& rank : members) rank += first_;
    return known = ranks(std::move(members));
  }

  std::vector<Seconds> of(const std::vector<Seconds>& duration) const {
    if (duration.size() == 1) return duration;
    std::vector<Seconds> moved(at(into_.ranks));
    std::copy(duration.begin(), duration.end(), moved.begin() + first_);
    return moved;
  }

  int endpoints_for(int count) const { return count > from_.ranks ? into_.endpoints() : into_.ranks; }

  std::shared_ptr<const std::vector<int>> of(const std::shared_ptr<const std::vector<int>>& groups) {
    if (groups == nullptr) return nullptr;
    auto& known = groups_[groups];
    if (known) return known;
    std::vector<int> moved(at(endpoints_for(static_cast<int>(groups->size()))), -1);
    for (std::size_t i = 0; i < groups->size(); ++i) moved[at(endpoint(static_cast<int>(i)))] = (*groups)[i];
    return known = std::make_shared<const std::vector<int>>(std::move(moved));
  }

  std::shared_ptr<const Traffic> of(const std::shared_ptr<const Traffic>& traffic) {
    auto& known = traffics_[traffic];
    if (known) return known;
    const int endpoints = endpoints_for(traffic->ranks);
    std::vector<int> row(at(endpoints), -1);
    for (int i = 0; i < traffic->ranks; ++i) row[at(endpoint(i))] = i;
    Traffic moved(endpoints);
    moved.reserve(traffic->pairs());
    for (const int i : row) {
      if (i >= 0) traffic->for_each_receiver(i, [&](int d, double copies) { moved.add(endpoint(d), copies); });
      moved.end_row();
    }
    moved.tokens = traffic->tokens;
    moved.groups = of(traffic->groups);
    return known = std::make_shared<const Traffic>(std::move(moved));
  }

  const Program& from_;
  const Program& into_;
  int first_, first_passive_;
  Ranks all_;
  std::map<Ranks, Ranks> sets_;
  std::map<std::shared_ptr<const std::vector<int>>, std::shared_ptr<const std::vector<int>>> groups_;
  std::map<std::shared_ptr<const Traffic>, std::shared_ptr<const Traffic>> traffics_;
};

/// Operators that none of their ranks can leave behind: nothing else of the program waits for them, on the same ranks
/// or on all, neither by name nor on their stream.
std::vector<int> last_of(const Program& program) {
  std::vector<char> covered(program.operators.size(), 0);
  std::map<int, int> before;  // by stream
  for (int i = 0; i < static_cast<int>(program.operators.size()); ++i) {
    const Operator& op = program.operators[at(i)];
    const auto cover = [&](int earlier) {
      const bool wherever = op.on == nullptr || op.on == program.operators[at(earlier)].on;
      if (wherever) covered[at(earlier)] = 1;
    };
    for (const int earlier : op.after) cover(earlier);
    if (const auto found = before.find(op.stream); found != before.end()) cover(found->second);
    before[op.stream] = i;
  }
  std::vector<int> last;
  for (int i = 0; i < static_cast<int>(covered.size()); ++i) {
    if (!covered[at(i)]) last.push_back(i);
  }
  return last;
}

/// With it, a repeat ends on all of its ranks.
Operator end_of(const Ranks& all, std::vector<int> last, int first_operator) {
  Operator end;
  end.name = "end of step";
  for (int& op : last) op += first_operator;
  end.after = std::move(last);
  Compute nothing;
  nothing.duration = {Seconds{}};
  end.work = nothing;
  end.on = all;
  end.gathers = true;
  return end;
}

}  // namespace

SideBySide side_by_side(const std::vector<Repeated>& programs) {
  SideBySide all;
  for (const Repeated& one : programs) {
    all.first_rank.push_back(all.program.ranks);
    all.program.ranks += one.program->ranks;
    all.program.passive.insert(all.program.passive.end(), one.program->passive.begin(), one.program->passive.end());
    if (one.program->streams.size() > all.program.streams.size()) all.program.streams = one.program->streams;
  }
  int first_passive = 0;
  auto& operators = all.program.operators;
  for (std::size_t i = 0; i < programs.size(); ++i) {
    const Program& program = *programs[i].program;
    Renumbered renumbered{program, all.program, all.first_rank[i], first_passive};
    const std::vector<int> last = last_of(program);
    std::vector<int> ends;
    for (int repeat = 0; repeat < programs[i].times; ++repeat) {
      const int first = static_cast<int>(operators.size());
      for (const Operator& op : program.operators)
        operators.push_back(renumbered(op, first, ends.empty() ? -1 : ends.back()));
      operators.push_back(end_of(renumbered.all(), last, first));
      ends.push_back(static_cast<int>(operators.size()) - 1);
    }
    all.ends.push_back(std::move(ends));
    first_passive += static_cast<int>(program.passive.size());
  }
  return all;
}

}  // namespace teapot
