// Continuous batching over groups of GPUs.
// Knows no clock but the one it is given.

#include "workloads/serving/decode_unit.hpp"

#include <algorithm>
#include <cassert>

#include "sim/random.hpp"
#include "workloads/serving/prefill_unit.hpp"

namespace teapot {

DecodeUnit::DecodeUnit(const Pool& pool, const ServiceShape& shape)
    : pool_(pool),
      apart_(shape.apart),
      acceptance_(shape.acceptance),
      drafts_(shape.acceptance.size()),
      seed_(shape.seed),
      admission_(shape.admission),
      groups_(static_cast<std::size_t>(pool.groups)) {}

double DecodeUnit::cache_tokens() const {
  double sum = 0;
  for (const Group& group : groups_) sum += group.held;
  return sum;
}

double DecodeUnit::fullest() const {
  double most = 0;
  for (const Group& group : groups_) most = std::max(most, group.held);
  return most;
}

/// The group with the fewest requests among those with a place and room for so many tokens and a step more.
DecodeUnit::Group* DecodeUnit::room_for(double tokens) {
  Group* best = nullptr;
  for (Group& group : groups_) {
    if (static_cast<int>(group.members.size()) >= pool_.max_requests) continue;
    if (group.held + tokens + growth(group) + 1 + static_cast<double>(drafts_) > pool_.cache_tokens) continue;
    if (best == nullptr || group.members.size() < best->members.size()) best = &group;
  }
  return best;
}

bool DecodeUnit::has_place(const Served& request) const {
  return const_cast<DecodeUnit*>(this)->room_for(request.arrival.prompt_tokens + request.tokens) != nullptr;
}

void DecodeUnit::place(int index, std::vector<Served>& requests, double now) {
  Served& r = requests[static_cast<std::size_t>(index)];
  Member m;
  m.request = index;
  m.held = r.arrival.prompt_tokens + r.tokens;
  Group& group = *room_for(m.held);
  group.held += m.held;
  group.members.push_back(m);
  ++group.decoding;
  ++decoding_;
  if (r.decode_s < 0) r.decode_s = now;
}

/// At once where nothing decodes or the last step had prompts, else every so many steps.
void DecodeUnit::look_for_newcomers() {
  ++unpolled_;
  if (decoding_ > 0 && !had_prompts_ && unpolled_ < admission_.poll_steps) return;
  unpolled_ = 0;
  while (!newcomers_.empty() && (newcomers_.front().from <= step_ || decoding_ + prefilling_ == 0)) {
    waiting_.push_back(newcomers_.front().request);
    newcomers_.pop_front();
  }
}

/// While others decode, until the prompts fill a step or have waited long enough.
bool DecodeUnit::wait_for_more(const std::vector<Served>& requests) {
  if (waiting_.empty() || decoding_ == 0 || waited_ >= admission_.wait_steps) return false;
  double tokens = 0;
  for (const int index : waiting_) {
    const Arrival& a = requests[static_cast<std::size_t>(index)].arrival;
    tokens += a.prompt_tokens - a.cached_tokens;
  }
  if (tokens >= static_cast<double>(pool_.max_new_tokens) * static_cast<double>(groups_.size())) return false;
  ++waited_;
  return true;
}

/// First come, first served: those for whose whole prompt a group has room.
void DecodeUnit::admit(std::vector<Served>& requests, double now) {
  look_for_newcomers();
  if (wait_for_more(requests)) return;
  waited_ = 0;
  while (!waiting_.empty()) {
    Served& r = requests[static_cast<std::size_t>(waiting_.front())];
    Member m;
    m.request = waiting_.front();
    m.held = r.arrival.prompt_tokens + r.tokens;
    m.before = r.preemptions > 0 ? 0 : r.arrival.cached_tokens;
    m.left = r.arrival.prompt_tokens + std::max(0, r.tokens - 1) - m.before;
    Group* group = room_for(m.held);
    if (group == nullptr) return;
    group->held += m.held;
    group->members.push_back(m);
    ++prefilling_;
    if (r.prefill_s < 0) r.prefill_s = now;
    waiting_.pop_front();
  }
}

void DecodeUnit::deal_chunks(Group& group) {
  int budget = pool_.max_new_tokens;
  for (Member& m : group.members) {
    m.chunk = std::min(m.left, budget);
    budget -= m.chunk;
  }
}

std::vector<int> DecodeUnit::make_room() {
  std::vector<int> out;
  for (Group& group : groups_) {
    while (group.held + growth(group) > pool_.cache_tokens) {
      assert(!group.members.empty());
      const Member last = group.members.back();
      group.members.pop_back();
      group.held -= last.held;
      if (last.left > 0) {
        --prefilling_;
      } else {
        --group.decoding;
        --decoding_;
      }
      if (!apart_) waiting_.push_front(last.request);
      out.push_back(last.request);
    }
  }
  return out;
}

/// Of the group with the most: of each kind of work, as the slowest GPU sets the pace.
StepLoad DecodeUnit::load_of_step() const {
  StepLoad load;
  double most_context = 0;
  double most_looked = 0;
  double tokens = 0;
  for (const Group& group : groups_) {
    double context = 0;
    int chunk = 0;
    double looked = 0;
    for (const Member& m : group.members) {
      if (m.left == 0) context += m.held;
      chunk += m.chunk;
      looked += m.chunk > 0 ? m.chunk * looked_at(m.before, m.chunk) : 0;
    }
    tokens += group.decoding * (1.0 + static_cast<double>(drafts_)) + chunk;
    load.requests = std::max(load.requests, group.decoding);
    load.new_tokens = std::max(load.new_tokens, chunk);
    most_context = std::max(most_context, context);
    most_looked = std::max(most_looked, looked);
  }
  load.context = load.requests > 0 ? most_context / load.requests : 0;
  load.looked_at = load.new_tokens > 0 ? most_looked / load.new_tokens : 0;
  const double most = load.requests * (1.0 + static_cast<double>(drafts_)) + load.new_tokens;
  if (most > 0) load.fill = std::min(1.0, tokens / (most * static_cast<double>(groups_.size())));
  return load;
}

/// Tokens whose caches have left since the last step started; after a pause: none, they shared links with nothing.
double DecodeUnit::arriving_until(double now) {
  const bool paused = now > step_end_s_;
  double tokens = 0;
  for (; !arriving_.empty() && arriving_.top().first <= now; arriving_.pop()) tokens += arriving_.top().second;
  return paused ? 0 : tokens;
}

double DecodeUnit::start_step(std::vector<Served>& requests, const StepTime& time, double now) {
  ++step_;
  admit(requests, now);
  for (Group& group : groups_) deal_chunks(group);
  load_ = load_of_step();
  load_.arriving = arriving_until(now);
  had_prompts_ = load_.new_tokens > 0;
  const double seconds = time(load_);
  busy_ = true;
  busy_s_ += seconds;
  step_end_s_ = now + seconds;
  return seconds;
}

int DecodeUnit::accepted(const Served& request, int index) const {
  Random random{seed_, index, request.tokens};
  int count = 0;
  while (count < static_cast<int>(drafts_) && random.uniform() < acceptance_[static_cast<std::size_t>(count)]) ++count;
  return count;
}

void DecodeUnit::emit(Member& m, Served& r, GapHistogram& gaps, double now) {
  const int tokens = std::min(1 + accepted(r, m.request), r.arrival.output_tokens - r.tokens);
  r.tokens += tokens;
  m.held += tokens;
  gaps.add(now - r.last_token_s, tokens);
  r.last_token_s = now;
  see(r, now);
}

/// Tokens that are sent together are seen together.
void DecodeUnit::see(Served& r, double now) const {
  if (r.seen_s < 0 && r.tokens >= std::min(admission_.stream_tokens, r.arrival.output_tokens)) r.seen_s = now;
}

/// From now on it decodes. The prompt's last token gives the first of the answer; after a preemption that was there.
void DecodeUnit::prompt_done(Group& group, Member& m, Served& r, double now) {
  --prefilling_;
  ++group.decoding;
  ++decoding_;
  if (r.tokens > 0) return;
  r.prefilled_s = r.moved_s = r.decode_s = r.last_token_s = now;
  r.tokens = 1;
  m.held += 1;
  see(r, now);
}

std::vector<int> DecodeUnit::finish_step(std::vector<Served>& requests, GapHistogram& gaps, double now) {
  busy_ = false;
  std::vector<int> ended;
  for (Group& group : groups_) {
    for (Member& m : group.members) {
      Served& r = requests[static_cast<std::size_t>(m.request)];
      const int held = m.held;
      if (m.left == 0) {
        emit(m, r, gaps, now);
      } else {
        m.left -= m.chunk;
        m.before += m.chunk;
        m.chunk = 0;
        if (m.left > 0) continue;
        prompt_done(group, m, r, now);
      }
      group.held += m.held - held;
      if (r.tokens >= r.arrival.output_tokens) ended.push_back(m.request);
    }
    std::erase_if(group.members, [&](const Member& m) {
      const Served& r = requests[static_cast<std::size_t>(m.request)];
      if (r.tokens < r.arrival.output_tokens) return false;
      group.held -= m.held;
      --group.decoding;
      --decoding_;
      return true;
    });
  }
  return ended;
}

}  // namespace teapot
