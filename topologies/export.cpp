// Hands the graph to Boost.Graph's writers.
// Does not know what the formats are used for.

#include "topologies/export.hpp"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/filtered_graph.hpp>
#include <boost/graph/graphml.hpp>
#include <boost/graph/graphviz.hpp>
#include <boost/property_map/function_property_map.hpp>
#include <cassert>
#include <ostream>

namespace teapot {
namespace {

/// Vertices as in Fabric::vertices; an edge carries its index in Fabric::links.
using Graph = boost::adjacency_list<boost::vecS, boost::vecS, boost::bidirectionalS, boost::no_property,
                                    boost::property<boost::edge_index_t, int>>;
using Edge = Graph::edge_descriptor;

Graph graph_of(const Fabric& fabric) {
  Graph graph(fabric.vertices.size());
  for (std::size_t i = 0; i < fabric.links.size(); ++i) {
    boost::add_edge(fabric.links[i].from, fabric.links[i].to, static_cast<int>(i), graph);
  }
  return graph;
}

int number_of(const Graph& graph, const Edge& edge) { return boost::get(boost::edge_index, graph, edge); }

/// The two directions of a cable are added together, the one up first.
struct IsUp {
  const Graph* graph = nullptr;
  bool operator()(const Edge& edge) const { return number_of(*graph, edge) % 2 == 0; }
};

const char* shape(const std::string& role) {
  if (role == "gpu") return "box";
  if (role == "cpu") return "house";
  return role == "pcie" ? "point" : "ellipse";
}

void write_dot(const Fabric& fabric, std::ostream& out) {
  const Graph graph = graph_of(fabric);
  const boost::filtered_graph<Graph, IsUp> cables{graph, IsUp{&graph}};
  const auto write_node = [&](std::ostream& to, Vertex v) {
    const FabricNode& node = fabric.vertices[v];
    fmt::print(to, "[label=\"{}\", shape={}]", node.name, shape(node.role));
  };
  const auto write_cable = [&](std::ostream& to, const Edge& edge) {
    const FabricLink& link = fabric.link(number_of(graph, edge));
    fmt::print(to, "[dir=none, tooltip=\"{} {}\"{}]", link.name.substr(0, link.name.rfind('_')),
               to_text(link.bandwidth), link.failed ? ", style=dotted, color=red" : "");
  };
  const auto write_graph = [&](std::ostream& to) { fmt::print(to, "label=\"{}\";\nrankdir=BT;\n", fabric.name); };
  boost::write_graphviz(out, cables, write_node, write_cable, write_graph);
}

void write_xml(const Fabric& fabric, std::ostream& out) {
  const Graph graph = graph_of(fabric);
  boost::dynamic_properties properties;
  const auto of_node = [&](const char* name, auto value) {
    properties.property(name, boost::make_function_property_map<Vertex>(
                                  [&fabric, value](Vertex v) { return value(fabric.vertices[v]); }));
  };
  const auto of_link = [&](const char* name, auto value) {
    properties.property(name, boost::make_function_property_map<Edge>([&fabric, &graph, value](const Edge& edge) {
                          return value(fabric.link(number_of(graph, edge)));
                        }));
  };
  of_node("name", [](const FabricNode& node) { return node.name; });
  of_node("role", [](const FabricNode& node) { return node.role; });
  of_link("name", [](const FabricLink& link) { return link.name; });
  of_link("tier", [](const FabricLink& link) { return link.tier; });
  of_link("bandwidth_GBps", [](const FabricLink& link) { return link.bandwidth.value / 1e9; });
  of_link("latency_ns", [](const FabricLink& link) { return link.latency.value * 1e9; });
  of_link("failed", [](const FabricLink& link) { return link.failed; });
  boost::write_graphml(out, graph, properties, true);
}

void write_csv(const Fabric& fabric, std::ostream& out) {
  out << "link,from,to,tier,bandwidth_GBps,latency_ns,failed\n";
  for (const FabricLink& link : fabric.links) {
    fmt::print(out, "{},{},{},{},{:.12g},{:.12g},{}\n", link.name, fabric.vertices[link.from].name,
               fabric.vertices[link.to].name, link.tier, link.bandwidth.value / 1e9, link.latency.value * 1e9,
               link.failed ? 1 : 0);
  }
}

}  // namespace

std::vector<std::string> export_formats() { return {"graphviz", "graphml", "csv"}; }

void export_fabric(const Fabric& fabric, const std::string& format, std::ostream& out) {
  if (format == "graphviz") return write_dot(fabric, out);
  if (format == "graphml") return write_xml(fabric, out);
  assert(format == "csv");
  write_csv(fabric, out);
}

}  // namespace teapot
