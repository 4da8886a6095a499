// Streams, dependencies and compute time.
// Does not know how a collective spends its time on the network.

#include "sim/executor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

#include "sim/index.hpp"

namespace teapot {
namespace {

std::string describe(const Operator& op) {
  return op.layer < 0 ? op.name : fmt::format("layer {} {} of micro-batch {}", op.layer, op.name, op.micro_batch);
}

bool any_holds_sms(const Program& program) {
  return std::any_of(program.operators.begin(), program.operators.end(), [](const Operator& op) {
    const auto* const collective = std::get_if<Collective>(&op.work);
    return collective != nullptr && collective->sm_share != 0;
  });
}

}  // namespace

Executor::Executor(const Program& program, Enter enter)
    : program_(program),
      enter_(std::move(enter)),
      stream_count_(program.streams.size()),
      sms_are_held_(any_holds_sms(program)),
      order_(stream_count_),
      streams_(at(program.ranks) * stream_count_),
      sms_held_(at(program.ranks), 0.0) {
  for (int op = 0; op < static_cast<int>(program.operators.size()); ++op) {
    const Operator& o = program.operators[at(op)];
    briefs_.push_back(brief_of(o));
    order_[at(o.stream)].push_back(op);
    all_ += o.on ? o.on->size() : program.ranks;
    everywhere_ = everywhere_ && o.on == nullptr;
    assert(o.on == nullptr || o.on->size() == 0 || o.on->members().back() < program.ranks);
    for ([[maybe_unused]] const int earlier : o.after) assert(earlier >= 0 && earlier < op);
  }
  unfinished_ = all_;
  timeline_.ranks = program.ranks;
  timeline_.operators = static_cast<int>(program.operators.size());
  const std::size_t cells = program.operators.size() * at(program.ranks);
  timeline_.start_s.assign(cells, std::numeric_limits<double>::quiet_NaN());
  timeline_.end_s.assign(cells, std::numeric_limits<double>::quiet_NaN());
}

Executor::Brief Executor::brief_of(const Operator& op) {
  Brief brief;
  if (const auto* compute = std::get_if<Compute>(&op.work)) {
    brief.duration = compute->duration.data();
    brief.stride = compute->duration.size() == 1 ? 0 : 1;
  }
  brief.collective = std::get_if<Collective>(&op.work);
  brief.on = op.on.get();
  brief.after = static_cast<std::uint32_t>(after_.size());
  after_.insert(after_.end(), op.after.begin(), op.after.end());
  brief.after_end = static_cast<std::uint32_t>(after_.size());
  brief.stream = op.stream;
  brief.gathers = op.gathers;
  return brief;
}

bool Executor::is_done(int op, int rank) const {
  return !std::isnan(timeline_.end(op, rank).value) || !briefs_[at(op)].runs_on(rank);
}

void Executor::begin() {
  for (int rank = 0; rank < program_.ranks; ++rank) {
    for (int s = 0; s < static_cast<int>(stream_count_); ++s) skip_others(rank, s);
    start_what_can(rank);
  }
}

/// Goes on to the next operator of the stream that runs on the rank.
void Executor::skip_others(int rank, int index) {
  if (everywhere_) return;
  const auto& order = order_[at(index)];
  int& next = stream(rank, index).next;
  while (at(next) < order.size() && !briefs_[at(order[at(next)])].runs_on(rank)) ++next;
}

void Executor::push(double time, int op, int rank, std::uint32_t version) {
  for (std::size_t i = 0; i < opened_; ++i) {
    Event& row = open_[i];
    if (row.op != op || row.beyond != rank || row.time != time || row.version != version) continue;
    ++row.beyond;
    return;
  }
  if (opened_ == open_.size()) {  // the oldest has waited longest
    events_.push(open_.front());
    std::move(open_.begin() + 1, open_.end(), open_.begin());
    --opened_;
  }
  open_[opened_++] = {time, op, rank, rank + 1, version};
}

double Executor::next_event() const {
  double next = events_.empty() ? std::numeric_limits<double>::infinity() : events_.top().time;
  for (std::size_t i = 0; i < opened_; ++i) next = std::min(next, open_[i].time);
  return next;
}

/// There must be one.
Executor::Event Executor::take_next() {
  std::size_t best = opened_;  // the queue's
  for (std::size_t i = 0; i < opened_; ++i) {
    const bool later = best < opened_ ? open_[i] > open_[best] : !events_.empty() && open_[i] > events_.top();
    if (!later) best = i;
  }
  if (best == opened_) {
    const Event event = events_.top();
    events_.pop();
    return event;
  }
  const Event event = open_[best];
  for (std::size_t i = best + 1; i < opened_; ++i) open_[i - 1] = open_[i];
  --opened_;
  return event;
}

bool Executor::anything_before(const Event& event) const {
  for (std::size_t i = 0; i < opened_; ++i) {
    if (event > open_[i]) return true;
  }
  return !events_.empty() && event > events_.top();
}

void Executor::advance(double now) {
  while (next_event() <= now) {
    // What one rank does may come before the next one's turn: an operator that takes no time.
    for (Event event = take_next(); event.rank < event.beyond; ++event.rank) {
      if (anything_before(event)) {
        events_.push(event);
        break;
      }
      handle(event);
    }
  }
}

/// The first rank's.
void Executor::handle(const Event& event) {
  const Brief& op = briefs_[at(event.op)];
  if (event.version != stream(event.rank, op.stream).version) return;  // its speed has changed since
  ++timeline_.events;
  if (op.gathers) {
    gather(event.op, event.time);
  } else if (op.collective == nullptr) {
    finish(event.op, event.rank, event.time);
  } else {
    enter_(event.op, event.rank, event.time);
  }
}

void Executor::arrived(int op, int rank, double now) {
  ++timeline_.events;
  finish(op, rank, now);
}

/// When its stream is free and all is done that it waits for; none while that is not known.
inline std::optional<double> Executor::can_start(int rank, const Stream& stream, int op) const {
  const Brief& brief = briefs_[at(op)];
  double when = stream.end;
  for (std::uint32_t a = brief.after; a < brief.after_end; ++a) {
    const double end = timeline_.end(after_[a], rank).value;
    if (!std::isnan(end)) {
      when = std::max(when, end);
    } else if (briefs_[at(after_[a])].runs_on(rank)) {
      return std::nullopt;
    }
  }
  return when;
}

inline void Executor::end(int op, int rank, double now) {
  Stream& state = stream(rank, briefs_[at(op)].stream);
  state.running = -1;
  state.end = now;
  timeline_.end_s[at(op) * at(program_.ranks) + at(rank)] = now;
  timeline_.step.value = std::max(timeline_.step.value, now);
  --unfinished_;
}

inline void Executor::start(int op, int rank, double now) {
  const Brief& o = briefs_[at(op)];
  Stream& state = stream(rank, o.stream);
  state.running = op;
  ++state.next;
  skip_others(rank, o.stream);
  timeline_.start_s[at(op) * at(program_.ranks) + at(rank)] = now;
  if (o.collective == nullptr) {
    state.end = now + o.duration[o.stride * rank].value / (1 - sms_held_[at(rank)]);
    if (sms_are_held_ || o.gathers) return push(state.end, op, rank, state.version);
    ++timeline_.events;
    end(op, rank, state.end);
  } else {
    hold_sms(rank, o.collective->sm_share, now);
    push(now + o.collective->overhead.value, op, rank, state.version);
  }
}

/// What computes may end at once: then what waits for it can start, too, on any stream.
void Executor::start_what_can(int rank) {
  for (bool ended = true; ended;) {
    ended = false;
    for (std::size_t s = 0; s < stream_count_; ++s) {
      Stream& state = stream(rank, static_cast<int>(s));
      while (state.running < 0 && at(state.next) < order_[s].size()) {
        const int op = order_[s][at(state.next)];
        const auto when = can_start(rank, state, op);
        if (!when) break;
        start(op, rank, *when);
        ended = ended || state.running < 0;
      }
    }
  }
}

void Executor::finish(int op, int rank, double now) {
  end(op, rank, now);
  if (const Collective* const collective = briefs_[at(op)].collective) hold_sms(rank, -collective->sm_share, now);
  start_what_can(rank);
}

/// One more rank has come to an operator that ends on all of them with the last.
void Executor::gather(int op, double now) {
  const Operator& o = program_.operators[at(op)];
  assert(std::holds_alternative<Compute>(o.work));
  const int all = o.on ? o.on->size() : program_.ranks;
  if (++gathered_[op] < all) return;
  for (int rank = 0; rank < program_.ranks; ++rank) {
    if (o.runs_on(rank)) finish(op, rank, now);
  }
}

/// Communication kernels take SMs or give them back: what computes on the rank slows down or speeds up from now on.
void Executor::hold_sms(int rank, double change, double now) {
  if (change == 0) return;
  const double speed_before = 1 - sms_held_[at(rank)];
  sms_held_[at(rank)] = std::max(0.0, sms_held_[at(rank)] + change);
  const double speed_after = 1 - sms_held_[at(rank)];
  assert(speed_after > 0);
  for (int s = 0; s < static_cast<int>(stream_count_); ++s) {
    Stream& state = stream(rank, s);
    if (state.running < 0 || briefs_[at(state.running)].collective != nullptr) continue;
    state.end = now + (state.end - now) * speed_before / speed_after;
    push(state.end, state.running, rank, ++state.version);
  }
}

double Executor::fraction_done() const {
  return all_ == 0 ? 1 : 1 - static_cast<double>(unfinished_) / static_cast<double>(all_);
}

std::string Executor::first_unfinished() const {
  for (int op = 0; op < timeline_.operators; ++op) {
    for (int rank = 0; rank < program_.ranks; ++rank) {
      if (is_done(op, rank)) continue;
      std::string text = fmt::format("{} on rank {}", describe(program_.operators[at(op)]), rank);
      for (const int earlier : program_.operators[at(op)].after) {
        if (!is_done(earlier, rank)) return text + " waits for " + describe(program_.operators[at(earlier)]);
      }
      return text + " did not end";
    }
  }
  return "nothing";
}

Timeline Executor::take_timeline() { return std::move(timeline_); }

}  // namespace teapot
