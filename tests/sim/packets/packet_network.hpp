#pragma once
// A small packet-level simulator, the check of what the fluid model says about congestion that spreads. Built for tests
// only; knows hosts, switches with one FIFO a port, and messages; no collective, no model of a fabric.

#include <cstdint>
#include <vector>

namespace teapot::packets {

/// One direction of a cable. Packets wait for it in one FIFO at its beginning.
struct Wire {
  double bytes_per_s = 0;
  double latency_s = 0;
};

/// A message and the ways that its packets take in turn: one under ECMP, several where packets are spread.
struct Message {
  int sender = 0, receiver = 0;
  double bytes = 0;
  std::vector<std::vector<int>> paths;  ///< of wires: the first leaves the sender, the last enters the receiver
};

enum class Flow {
  pause,    ///< PFC: a wire stops when the switch at its end holds more than `pause_at` of it, until `resume_at`
  credit,   ///< InfiniBand: a wire sends only what the buffer at its end has room for (`pause_at`)
  granted,  ///< receivers grant packets at the speed of their port, so many in flight (`granted`); no switch stops one
};

enum class Order {
  in_turn,        ///< a host sends a packet of each of its messages in turn
  in_proportion,  ///< a host sends packets of all of its messages mixed, so that all end together: tokens in their
                  ///< order
  one_by_one      ///< a host sends its messages one after another, first to the host that follows it
};

struct Setting {
  Flow flow = Flow::pause;
  Order order = Order::in_turn;
  double packet_bytes = 4096;
  double header_bytes = 64;
  double pause_at = 64 * 4096.0;
  double resume_at = 48 * 4096.0;
  double granted = 64 * 4096.0;
  bool by_input = false;  ///< switches serve inputs in turn at each output, rather than first come first served
};

struct Outcome {
  double end_s = 0;
  std::vector<double> arrived_s;  ///< by message: its last packet
  std::int64_t pauses = 0;
};

/// Everybody starts at 0.
Outcome send(const std::vector<Wire>& wires, const std::vector<Message>& messages, const Setting& setting);

}  // namespace teapot::packets
