// The loop of a service: whatever happens next, and what follows from it.
// Knows no model, no network and no step's time.

#include "workloads/serving/service.hpp"

#include <algorithm>
#include <cmath>
#include <deque>
#include <queue>

#include "workloads/serving/cache_senders.hpp"
#include "workloads/serving/decode_unit.hpp"
#include "workloads/serving/prefill_unit.hpp"

namespace teapot {
namespace {

constexpr int samples = 240;

class Service {
 public:
  Service(const ArrivalProcess& process, const ServiceShape& shape, const std::vector<TimesFrom>& times,
          const std::function<void(double)>& progress)
      : process_(process), shape_(shape), all_times_(times), progress_(progress) {
    for (int unit = 0; shape.apart && unit < shape.prefill.units; ++unit) {
      prefill_.emplace_back(shape.prefill);
      senders_.emplace_back(shape.prefill.groups, shape.cache_parts);
    }
    for (int unit = 0; unit < shape.decode.units; ++unit) decode_.emplace_back(shape.decode, shape);
    const auto first = arrivals(process);
    for (const Arrival& a : first) add_arrival(a);
    closed_ = process.kind == ArrivalProcess::Kind::closed_loop;
    record_.arrivals_end_s = closed_ ? process.duration_s : first.empty() ? 0 : first.back().at_s;
    sample_every_ = std::max(record_.arrivals_end_s, 1e-9) / samples;
  }

  ServiceRecord run() {
    while (!events_.empty() && !record_.gave_up) {
      const Event event = events_.top();
      events_.pop();
      pass_time(event.at_s);
      handle(event);
      start_what_can();
    }
    record_.end_s = now_;
    for (const PrefillUnit& unit : prefill_) record_.prefill_busy_s += unit.busy_s();
    for (const DecodeUnit& unit : decode_) record_.decode_busy_s += unit.busy_s();
    return std::move(record_);
  }

 private:
  enum class Kind { arrival, prefilled, moved, stepped };
  struct Event {
    double at_s;
    std::int64_t order;  // of its making: what was made first goes first
    Kind kind;
    int index;  // request or unit
    bool operator>(const Event& other) const { return at_s != other.at_s ? at_s > other.at_s : order > other.order; }
  };

  void at(double time, Kind kind, int index) { events_.push({time, made_++, kind, index}); }
  Served& request(int index) { return record_.requests[static_cast<std::size_t>(index)]; }
  void add_arrival(const Arrival& arrival) {
    record_.requests.push_back({});
    record_.requests.back().arrival = arrival;
    at(arrival.at_s, Kind::arrival, static_cast<int>(record_.requests.size()) - 1);
  }

  void pass_time(double to) {
    while (next_sample_ <= to && next_sample_ <= record_.arrivals_end_s) {
      record_.samples.push_back(sample(next_sample_));
      steps_sum_s_ = 0;
      steps_begun_ = 0;
      next_sample_ = sample_every_ * static_cast<double>(record_.samples.size());
      if (progress_) progress_(next_sample_ / (record_.arrivals_end_s + sample_every_));
    }
    record_.in_system_s += in_system_ * (to - now_);
    record_.cache_token_s += held_ * (to - now_);
    now_ = to;
    while (epoch_ + 1 < all_times_.size() && all_times_[epoch_ + 1].from_s <= now_) ++epoch_;
  }
  const ServiceTimes& times() const { return all_times_[epoch_].times; }

  ServiceSample sample(double time) const {
    ServiceSample s;
    s.at_s = time;
    s.waiting = static_cast<int>(waiting_.size());
    s.moving = moving_ + static_cast<int>(placeless_.size());
    for (const PrefillUnit& unit : prefill_) s.prefilling += unit.requests();
    for (const DecodeUnit& unit : decode_) {
      s.decoding += unit.decoding();
      s.prefilling += unit.prefilling();
      s.waiting += unit.waiting();
    }
    s.cache_tokens = held_;
    if (steps_begun_ > 0) s.decode_step_s = steps_sum_s_ / static_cast<double>(steps_begun_);
    return s;
  }

  void handle(const Event& event) {
    switch (event.kind) {
      case Kind::arrival:
        ++in_system_;
        return shape_.apart ? waiting_.push_back(event.index) : place_whole(event.index);
      case Kind::prefilled:
        return prefilled(static_cast<std::size_t>(event.index));
      case Kind::moved:
        --moving_;
        moved(request(event.index));
        placeless_.push_back(event.index);
        return;
      case Kind::stepped:
        return stepped(decode_[static_cast<std::size_t>(event.index)]);
    }
  }

  void prefilled(std::size_t u) {
    std::vector<CacheSenders::Cache> caches;
    for (const PrefillUnit::Member& m : prefill_[u].finish()) {
      Served& r = request(m.request);
      r.prefilled_s = now_;
      if (r.tokens == 0) {  // computed again after it was preempted, otherwise
        r.tokens = 1;
        late_ += now_ - r.arrival.at_s > shape_.patience.ttft_s ? 1 : 0;
        record_.gave_up = late_ > shape_.patience.late;
      }
      if (r.tokens >= r.arrival.output_tokens) {
        if (r.moved_s < 0) r.moved_s = r.decode_s = r.last_token_s = now_;
        if (r.seen_s < 0) r.seen_s = now_;
        end(m.request);
      } else {
        const int tokens = r.arrival.prompt_tokens + r.tokens - 1;
        record_.moved_tokens += tokens;
        caches.push_back({m.request, m.group, tokens, 0});
      }
    }
    send(u, caches);
  }

  /// Caches of a step's prompts leave for the units that decode. Which of them each will come to is not known before it
  /// is there: all get equal parts of it.
  void send(std::size_t u, std::vector<CacheSenders::Cache>& caches) {
    const auto units = static_cast<double>(decode_.size());
    StepLoad beside;
    for (const DecodeUnit& unit : decode_) beside = unit.busy() ? unit.last_load() : beside;
    beside.arriving = 0;
    for (const auto& cache : caches) beside.arriving += cache.tokens / units;
    for (auto& cache : caches) cache.seconds = times().move_cache ? times().move_cache(cache.tokens, beside) : 0;
    for (const auto& sent : senders_[u].send(caches, prefill_[u].step_s(), now_)) {
      for (DecodeUnit& unit : decode_) unit.note_arriving(now_ + sent.behind_s, sent.tokens / units);
      record_.moved_s += sent.at_s - now_;
      record_.behind_s += sent.behind_s;
      ++moving_;
      at(sent.at_s, Kind::moved, sent.request);
    }
  }

  void moved(Served& r) {
    if (r.moved_s < 0) r.moved_s = r.last_token_s = now_;
    if (r.seen_s < 0 && r.tokens >= shape_.admission.stream_tokens) r.seen_s = now_;
  }

  void stepped(DecodeUnit& unit) {
    for (const int index : unit.finish_step(record_.requests, record_.gaps, now_)) end(index);
    held_changed();
  }

  void end(int index) {
    request(index).end_s = now_;
    --in_system_;
    if (!closed_ || now_ >= process_.duration_s) return;
    if (static_cast<std::int64_t>(record_.requests.size()) >= process_.most) return;
    Arrival next = drawn(process_, static_cast<std::int64_t>(record_.requests.size()));
    next.at_s = now_;
    add_arrival(next);
  }

  void start_what_can() {
    for (std::size_t u = 0; u < prefill_.size() && !waiting_.empty(); ++u) {
      if (prefill_[u].busy()) continue;
      const double time = prefill_[u].start(waiting_, record_.requests, times().prefill, now_);
      ++record_.prefill_steps;
      at(now_ + time, Kind::prefilled, static_cast<int>(u));
    }
    place_moved();
    for (std::size_t u = 0; u < decode_.size(); ++u) {
      if (decode_[u].busy() || decode_[u].idle()) continue;
      preempt(decode_[u]);
      if (decode_[u].idle()) continue;
      const double time = decode_[u].start_step(record_.requests, times().decode, now_);
      ++record_.decode_steps;
      ++steps_begun_;
      steps_sum_s_ += time;
      record_.cache_most = std::max(record_.cache_most, decode_[u].fullest());
      held_changed();
      at(now_ + time, Kind::stepped, static_cast<int>(u));
    }
    note_queue();
  }

  /// First come, first served: the first that finds no place holds up those behind it.
  void place_moved() {
    while (!placeless_.empty()) {
      DecodeUnit* best = nullptr;
      for (DecodeUnit& unit : decode_) {
        if (!unit.has_place(request(placeless_.front()))) continue;
        if (best == nullptr || unit.decoding() < best->decoding()) best = &unit;
      }
      if (best == nullptr) return;
      best->place(placeless_.front(), record_.requests, now_);
      placeless_.pop_front();
      held_changed();
    }
  }

  /// Where there is one pool: to the unit with the least to do, whole.
  void place_whole(int index) {
    DecodeUnit& unit = *std::min_element(decode_.begin(), decode_.end(),
                                         [](const DecodeUnit& a, const DecodeUnit& b) { return a.load() < b.load(); });
    unit.queue(index);
  }

  /// What no longer fits starts over: its prompt and what it emitted are computed again.
  void preempt(DecodeUnit& unit) {
    for (const int index : unit.make_room()) {
      ++request(index).preemptions;
      ++record_.preemptions;
      if (shape_.apart) waiting_.push_front(index);
    }
    held_changed();
  }

  void held_changed() {
    held_ = 0;
    for (const DecodeUnit& unit : decode_) held_ += unit.cache_tokens();
  }

  /// Remembers when nobody waited last, and how many do at the half and at the end of arrivals.
  void note_queue() {
    if (now_ > record_.arrivals_end_s) return;
    std::size_t queue = waiting_.size() + placeless_.size();
    for (const DecodeUnit& unit : decode_) queue += static_cast<std::size_t>(unit.waiting());
    if (queue == 0) record_.grows_since_s = now_;
    if (now_ <= record_.arrivals_end_s / 2) queue_at_half_ = queue;
    // A queue that comes and goes is empty now and then; one that has not been for half of the time and is half as long
    // again as at the half only grows.
    record_.grows =
        !closed_ && record_.grows_since_s < record_.arrivals_end_s / 2 && queue > queue_at_half_ * 3 / 2 && queue > 10;
  }

  const ArrivalProcess& process_;
  const ServiceShape& shape_;
  const std::vector<TimesFrom>& all_times_;
  std::size_t epoch_ = 0;
  std::int64_t late_ = 0;
  const std::function<void(double)>& progress_;
  std::vector<PrefillUnit> prefill_;
  std::vector<CacheSenders> senders_;  // of each prefill unit
  std::vector<DecodeUnit> decode_;
  std::deque<int> waiting_;    // for prefill
  std::deque<int> placeless_;  // their caches have come, and wait for a place
  int moving_ = 0;
  int in_system_ = 0;
  double held_ = 0;
  double now_ = 0;
  bool closed_ = false;
  double next_sample_ = 0;
  double sample_every_ = 1;
  double steps_sum_s_ = 0;  // of decode pools, begun since the last sample
  std::int64_t steps_begun_ = 0;
  std::size_t queue_at_half_ = 0;
  std::int64_t made_ = 0;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  ServiceRecord record_;
};

}  // namespace

bool fits(const Arrival& arrival, const ServiceShape& shape) {
  const double drafts = static_cast<double>(shape.acceptance.size());
  return arrival.prompt_tokens + arrival.output_tokens + drafts <= shape.decode.cache_tokens;
}

ServiceRecord serve(const ArrivalProcess& arrivals, const ServiceShape& shape, const std::vector<TimesFrom>& times,
                    const std::function<void(double fraction)>& progress) {
  return Service{arrivals, shape, times, progress}.run();
}

ServiceRecord serve(const ArrivalProcess& arrivals, const ServiceShape& shape, const ServiceTimes& times,
                    const std::function<void(double fraction)>& progress) {
  return serve(arrivals, shape, std::vector<TimesFrom>{{0, times}}, progress);
}

}  // namespace teapot
