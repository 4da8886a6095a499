#pragma once
// A unit of GPUs that decodes, its requests joining and leaving between steps; where it also computes prompts, it does
// so in chunks beside the decoding. Knows no clock but the one it is given.

#include <deque>
#include <functional>
#include <queue>
#include <utility>
#include <vector>

#include "workloads/serving/service.hpp"

namespace teapot {

class DecodeUnit {
 public:
  DecodeUnit(const Pool& pool, const ServiceShape& shape);

  bool busy() const { return busy_; }
  bool idle() const { return decoding_ + prefilling_ + waiting() == 0; }
  int decoding() const { return decoding_; }
  int prefilling() const { return prefilling_; }
  int waiting() const { return static_cast<int>(waiting_.size() + newcomers_.size()); }
  double load() const { return decoding_ + prefilling_ + waiting(); }
  double busy_s() const { return busy_s_; }
  double cache_tokens() const;  ///< held by all groups
  double fullest() const;       ///< held by the group that holds the most

  /// A cache of so many tokens leaves for here, or a part of one. It shares links with the step that
  /// starts next: each with one step, where one follows another.
  void note_arriving(double from_s, double tokens) { arriving_.push({from_s, tokens}); }
  const StepLoad& last_load() const { return load_; }

  /// A request whose cache has come: whether some group has a place for it, and giving it one.
  bool has_place(const Served& request) const;
  void place(int index, std::vector<Served>& requests, double now);
  /// A request whose prompt is computed here, too.
  void queue(int index) { newcomers_.push_back({index, step_ + 1 + (busy_ ? admission_.steps_ahead : 0)}); }

  /// Takes requests out, the last that came first, until every group holds one more step. Where prompts are computed
  /// here they wait in front again.
  std::vector<int> make_room();
  double start_step(std::vector<Served>& requests, const StepTime& time, double now);
  std::vector<int> finish_step(std::vector<Served>& requests, GapHistogram& gaps, double now);  ///< those that ended

 private:
  struct Member {
    int request = 0;
    int held = 0;    ///< tokens in the cache, room for its whole prompt included
    int left = 0;    ///< of the prompt, still to be computed; 0: it decodes
    int before = 0;  ///< of the prompt, cached or computed
    int chunk = 0;   ///< computed in this step
  };
  struct Newcomer {
    int request = 0;
    std::int64_t from = 0;  ///< the first step that is not scheduled yet
  };
  struct Group {
    std::vector<Member> members;
    double held = 0;
    int decoding = 0;
  };

  double growth(const Group& group) const {
    return static_cast<double>(group.members.size()) * (1.0 + static_cast<double>(drafts_));
  }
  Group* room_for(double tokens);
  void look_for_newcomers();
  bool wait_for_more(const std::vector<Served>& requests);
  void admit(std::vector<Served>& requests, double now);
  void deal_chunks(Group& group);
  StepLoad load_of_step() const;
  double arriving_until(double now);
  void prompt_done(Group& group, Member& member, Served& request, double now);
  void see(Served& request, double now) const;
  void emit(Member& member, Served& request, GapHistogram& gaps, double now);
  int accepted(const Served& request, int index) const;

  Pool pool_;
  bool apart_;
  std::vector<double> acceptance_;
  std::size_t drafts_;
  std::uint64_t seed_;
  Admission admission_;
  std::vector<Group> groups_;
  std::deque<Newcomer> newcomers_;  ///< the scheduler has not seen them
  std::deque<int> waiting_;
  std::int64_t step_ = 0;     ///< begun
  int unpolled_ = 0;          ///< steps since newcomers were looked for
  bool had_prompts_ = false;  ///< the last step
  int waited_ = 0;            ///< steps that those waiting waited for more
  int decoding_ = 0;
  int prefilling_ = 0;
  bool busy_ = false;
  double step_end_s_ = -1;
  using Arriving = std::pair<double, double>;  ///< from when on, tokens
  std::priority_queue<Arriving, std::vector<Arriving>, std::greater<>> arriving_;
  StepLoad load_;  ///< of the last step
  double busy_s_ = 0;
};

}  // namespace teapot
