// Events of packets: leave a wire's queue, come to its end.
// Does not know why hosts send what they send.

#include "tests/sim/packets/packet_network.hpp"

#include <algorithm>
#include <cmath>
#include <deque>
#include <map>
#include <queue>

namespace teapot::packets {
namespace {

std::size_t at(int i) { return static_cast<std::size_t>(i); }

struct Packet {
  int message = 0;
  int path = 0;
  int hop = 0;
  double bytes = 0;
};

struct Event {
  enum Kind { free, come, stop, go, grant, pace } kind;
  double time;
  std::int64_t number;  // of two at one time the earlier made
  int subject;          // a wire, or a message that is granted
  Packet packet{};
  bool operator>(const Event& other) const { return time != other.time ? time > other.time : number > other.number; }
};

struct WireState {
  std::deque<Packet> queue;                  // where it begins at a switch
  std::map<int, std::deque<Packet>> inputs;  // instead of it, by wire that they came on
  int served = -1;
  int host = -1;  // where it begins at a host
  bool busy = false, paused = false, told = false;
  double stored = 0;  // bytes that came on it and have not left the switch at its end (credit: or are under way)
};

struct Host {
  std::vector<int> messages;
  std::size_t turn = 0;
  std::deque<int> granted;  // messages of which a packet may go
  std::vector<int> wanted;  // messages to it that still want grants
  std::size_t grant_turn = 0;
  double in_flight = 0;
  bool pacing = false;
};

class Run {
 public:
  Run(const std::vector<Wire>& wires, const std::vector<Message>& messages, const Setting& setting)
      : wires_(wires), messages_(messages), setting_(setting), state_(wires.size()) {
    int hosts = 0;
    for (const Message& m : messages) hosts = std::max({hosts, m.sender + 1, m.receiver + 1});
    hosts_.resize(at(hosts));
    for (std::size_t m = 0; m < messages.size(); ++m) {
      unsent_.push_back(messages[m].bytes);
      ungranted_.push_back(messages[m].bytes);
      unarrived_.push_back(messages[m].bytes);
      next_path_.push_back(static_cast<int>(m) % static_cast<int>(messages[m].paths.size()));
      if (messages[m].bytes <= 0) continue;
      hosts_[at(messages[m].sender)].messages.push_back(static_cast<int>(m));
      hosts_[at(messages[m].receiver)].wanted.push_back(static_cast<int>(m));
      for (const auto& path : messages[m].paths) state_[at(path.front())].host = messages[m].sender;
    }
    for (int h = 0; h < hosts; ++h) rotate(h);
    outcome_.arrived_s.assign(messages.size(), 0.0);
  }

  Outcome run() {
    for (std::size_t w = 0; w < wires_.size(); ++w) {
      if (state_[w].host >= 0) try_send(static_cast<int>(w), 0);
    }
    if (setting_.flow == Flow::granted) {
      for (std::size_t h = 0; h < hosts_.size(); ++h) pace(static_cast<int>(h), 0);
    }
    while (!events_.empty()) {
      const Event event = events_.top();
      events_.pop();
      handle(event);
    }
    return outcome_;
  }

 private:
  /// The first message is the one to the host that follows.
  void rotate(int host) {
    Host& h = hosts_[at(host)];
    const int n = static_cast<int>(hosts_.size());
    const auto distance = [&](int m) { return (messages_[at(m)].receiver - host + n) % n; };
    std::sort(h.messages.begin(), h.messages.end(), [&](int a, int b) { return distance(a) < distance(b); });
    const auto back = [&](int m) { return (host - messages_[at(m)].sender + n) % n; };
    std::sort(h.wanted.begin(), h.wanted.end(), [&](int a, int b) { return back(a) < back(b); });
  }
  void push(Event::Kind kind, double time, int subject, const Packet& packet = {}) {
    events_.push({kind, time, ++numbers_, subject, packet});
  }
  void handle(const Event& e) {
    switch (e.kind) {
      case Event::free:
        state_[at(e.subject)].busy = false;
        return try_send(e.subject, e.time);
      case Event::come:
        return come(e.subject, e.packet, e.time);
      case Event::stop:
        state_[at(e.subject)].paused = true;
        return;
      case Event::go:
        state_[at(e.subject)].paused = false;
        return try_send(e.subject, e.time);
      case Event::grant: {
        hosts_[at(messages_[at(e.subject)].sender)].granted.push_back(e.subject);
        return try_send(messages_[at(e.subject)].paths.front().front(), e.time);
      }
      case Event::pace:
        hosts_[at(e.subject)].pacing = false;
        return pace(e.subject, e.time);
    }
  }
  /// The message with the smallest part sent, were its next packet gone to the middle.
  std::size_t least_sent(const Host& host) const {
    std::size_t least = 0;
    double part = 2;
    for (std::size_t i = 0; i < host.messages.size(); ++i) {
      const int m = host.messages[i];
      const double sent =
          (messages_[at(m)].bytes - unsent_[at(m)] + setting_.packet_bytes / 2) / messages_[at(m)].bytes;
      if (sent < part) {
        part = sent;
        least = i;
      }
    }
    return least;
  }
  /// What goes next on a wire that leaves a host; message -1: nothing.
  Packet next_of_host(Host& host) {
    int chosen = -1;
    if (setting_.flow == Flow::granted) {
      if (host.granted.empty()) return {-1};
      chosen = host.granted.front();
      host.granted.pop_front();
    } else {
      if (host.messages.empty()) return {-1};
      if (setting_.order == Order::in_proportion) host.turn = least_sent(host);
      if (host.turn >= host.messages.size()) host.turn = 0;
      chosen = host.messages[host.turn];
    }
    const double bytes = std::min(setting_.packet_bytes, unsent_[at(chosen)]);
    unsent_[at(chosen)] -= bytes;
    const bool over = unsent_[at(chosen)] <= 0;
    if (setting_.flow != Flow::granted) {
      if (over)
        host.messages.erase(host.messages.begin() + static_cast<std::ptrdiff_t>(host.turn));
      else if (setting_.order == Order::in_turn)
        ++host.turn;
    }
    const int paths = static_cast<int>(messages_[at(chosen)].paths.size());
    const int path = next_path_[at(chosen)];
    next_path_[at(chosen)] = (path + 1) % paths;
    return {chosen, path, 0, bytes};
  }
  Packet next_of_queue(WireState& wire) {
    if (!setting_.by_input) {
      if (wire.queue.empty()) return {-1};
      const Packet packet = wire.queue.front();
      wire.queue.pop_front();
      return packet;
    }
    if (wire.inputs.empty()) return {-1};
    auto next = wire.inputs.upper_bound(wire.served);
    if (next == wire.inputs.end()) next = wire.inputs.begin();
    wire.served = next->first;
    const Packet packet = next->second.front();
    next->second.pop_front();
    if (next->second.empty()) wire.inputs.erase(next);
    return packet;
  }
  void try_send(int w, double now) {
    WireState& wire = state_[at(w)];
    if (wire.busy || wire.paused) return;
    if (setting_.flow == Flow::credit && wire.stored + setting_.packet_bytes > setting_.pause_at) return;
    const Packet packet = wire.host >= 0 ? next_of_host(hosts_[at(wire.host)]) : next_of_queue(wire);
    if (packet.message < 0) return;
    wire.busy = true;
    if (setting_.flow == Flow::credit && !ends_at_host(packet)) wire.stored += packet.bytes;
    const double gone = now + (packet.bytes + setting_.header_bytes) / wires_[at(w)].bytes_per_s;
    push(Event::free, gone, w);
    push(Event::come, gone + wires_[at(w)].latency_s, w, packet);
    if (packet.hop > 0) left(wire_before(packet), packet, now);
  }
  bool ends_at_host(const Packet& packet) const {
    return at(packet.hop) + 1 == messages_[at(packet.message)].paths[at(packet.path)].size();
  }
  int wire_before(const Packet& packet) const {
    return messages_[at(packet.message)].paths[at(packet.path)][at(packet.hop - 1)];
  }
  /// A packet that came on this wire has left the switch at its end.
  void left(int w, const Packet& packet, double now) {
    WireState& wire = state_[at(w)];
    if (setting_.flow == Flow::granted) return;
    wire.stored -= packet.bytes;
    const double told_at = now + wires_[at(w)].latency_s;
    if (setting_.flow == Flow::credit) {
      push(Event::go, told_at, w);
    } else if (wire.told && wire.stored <= setting_.resume_at) {
      wire.told = false;
      push(Event::go, told_at, w);
    }
  }
  void come(int w, Packet packet, double now) {
    if (ends_at_host(packet)) return arrive(packet, now);
    WireState& wire = state_[at(w)];
    if (setting_.flow == Flow::pause) {
      wire.stored += packet.bytes;
      if (!wire.told && wire.stored > setting_.pause_at) {
        wire.told = true;
        ++outcome_.pauses;
        push(Event::stop, now + wires_[at(w)].latency_s, w);
      }
    }
    const int next = messages_[at(packet.message)].paths[at(packet.path)][at(++packet.hop)];
    if (setting_.by_input)
      state_[at(next)].inputs[w].push_back(packet);
    else
      state_[at(next)].queue.push_back(packet);
    try_send(next, now);
  }
  void arrive(const Packet& packet, double now) {
    const Message& message = messages_[at(packet.message)];
    unarrived_[at(packet.message)] -= packet.bytes;
    if (unarrived_[at(packet.message)] <= 0) outcome_.arrived_s[at(packet.message)] = now;
    outcome_.end_s = std::max(outcome_.end_s, now);
    if (setting_.flow != Flow::granted) return;
    hosts_[at(message.receiver)].in_flight -= packet.bytes;
    pace(message.receiver, now);
  }
  /// Grants the next packet to one sender, in turn, at the speed of the port.
  void pace(int h, double now) {
    Host& host = hosts_[at(h)];
    if (host.pacing || host.wanted.empty() || host.in_flight + setting_.packet_bytes > setting_.granted) return;
    if (host.grant_turn >= host.wanted.size()) host.grant_turn = 0;
    const int m = host.wanted[host.grant_turn];
    const auto& path = messages_[at(m)].paths.front();
    const double bytes = std::min(setting_.packet_bytes, ungranted_[at(m)]);
    ungranted_[at(m)] -= bytes;
    if (ungranted_[at(m)] <= 0)
      host.wanted.erase(host.wanted.begin() + static_cast<std::ptrdiff_t>(host.grant_turn));
    else
      ++host.grant_turn;
    host.in_flight += bytes;
    double way = 0;
    for (const int w : path) way += wires_[at(w)].latency_s;
    push(Event::grant, now + way, m);
    host.pacing = true;
    push(Event::pace, now + (bytes + setting_.header_bytes) / wires_[at(path.back())].bytes_per_s, h);
  }

  const std::vector<Wire>& wires_;
  const std::vector<Message>& messages_;
  const Setting& setting_;
  std::vector<WireState> state_;
  std::vector<Host> hosts_;
  std::vector<double> unsent_, ungranted_, unarrived_;
  std::vector<int> next_path_;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  std::int64_t numbers_ = 0;
  Outcome outcome_;
};

}  // namespace

Outcome send(const std::vector<Wire>& wires, const std::vector<Message>& messages, const Setting& setting) {
  return Run{wires, messages, setting}.run();
}

}  // namespace teapot::packets
