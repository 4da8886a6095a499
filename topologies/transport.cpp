// Reads a transport.
// Does not know how a backlog spreads.

#include "topologies/transport.hpp"

#include "sim/catalogue.hpp"

namespace teapot {
namespace {

constexpr const char* transports = "topologies/transports";

bool is_written(const Config& fabric) {
  return fabric.has("transport", {"How the network between nodes carries messages: whether full queues stop what feeds "
                                  "them, and its routing where none is written",
                                  "roce-pfc-dcqcn", "queues never stop anything", "congestion_control pfc"});
}

Config transport_of(const Config& fabric) {
  return fabric.in_place_of("transport", resolve_named(fabric.at("transport"), transports, "transport"));
}

}  // namespace

Backlog read_transport(const Config& fabric) {
  if (!is_written(fabric)) return {};
  const Config transport = transport_of(fabric);
  Backlog backlog;
  backlog.share = transport.fraction_or(
      "blocking", 0,
      {"Part of the time that a collective takes longer if each sender's queue stops as a whole: 1 where switches stop "
       "whole links, 0 where none ever stops",
       "1"});
  backlog.input_buffer = transport.non_negative_or<Bytes>(
      "input_buffer", Bytes{}, {"What a switch holds of an input before it stops the link that ends there", "60 kB"});
  transport.has("routing", {"Routing of the fabric where it writes none", "ecmp"});
  transport.get_or<std::string>("source", "", {"Where its figures come from", "IEEE 802.1Qbb"});
  transport.reject_unread_keys();
  return backlog;
}

Tree implied_by_transport(const Config& fabric) {
  Tree implied;
  implied.kind = Tree::Kind::mapping;
  if (!is_written(fabric)) return implied;
  const Config transport = transport_of(fabric);
  if (transport.has("routing")) set_path(implied, "routing", transport.at("routing").tree());
  return implied;
}

}  // namespace teapot
