// Writes a network as XML. Only options that SimGrid 3.32 and 4 both have go into the file.
// Knows no kind of fabric: roles and tiers are copied as they are.

#include <fmt/format.h>

#include <iterator>
#include <map>
#include <set>

#include "platforms/platform_file/graph.hpp"
#include "platforms/platform_file/platform_file.hpp"

namespace teapot {
namespace {

using Out = std::back_insert_iterator<std::string>;

std::string escaped(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    switch (c) {
      case '&':
        safe += "&amp;";
        break;
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '"':
        safe += "&quot;";
        break;
      case '\'':
        safe += "&apos;";
        break;
      default:
        safe += c;
    }
  }
  return safe;
}

std::string cable_name(const std::string& half) { return half.substr(0, half.rfind('_')); }

class XmlWriter {
 public:
  XmlWriter(const Network& network, const PortGraph& graph, const PlatformExtras& extras)
      : network_(network), graph_(graph), extras_(extras), reverse_(reverse_links(network)) {
    std::set<std::string> names;
    for (const auto& vertex : graph.vertices) {
      std::string name = node(vertex.node).name;
      if (vertex.in_link >= 0) {
        name += ":" + (reverse_[index(vertex.in_link)] >= 0 ? cable_name(link(vertex.in_link).name)
                                                            : link(vertex.in_link).name);
      }
      while (!names.insert(name).second) name += "'";
      names_.push_back(escaped(name));
    }
  }

  std::string write() {
    head();
    for (std::size_t v = 0; v < graph_.vertices.size(); ++v) vertex(v);
    for (std::size_t i = 0; i < network_.links.size(); ++i) {
      if (graph_.link_used[i]) cable(static_cast<int>(i));
    }
    for (std::size_t v = 0; v < graph_.vertices.size(); ++v) {
      if (costly(static_cast<int>(v))) {
        fmt::format_to(out_, "<link id=\"enter {}\" bandwidth=\"1EBps\" latency=\"0s\" sharing_policy=\"FATPIPE\"/>\n",
                       names_[v]);
      }
    }
    for (const auto& edge : graph_.edges) route(edge);
    for (const auto& bypass : graph_.bypasses) {
      fmt::format_to(out_, "<bypassRoute src=\"{}\" dst=\"{}\">", endpoint_name(bypass.source),
                     endpoint_name(bypass.destination));
      for (const int l : bypass.links) crossing(l);
      fmt::format_to(out_, "</bypassRoute>\n");
    }
    fmt::format_to(out_, "</zone>\n</platform>\n");
    return std::move(xml_);
  }

 private:
  static std::size_t index(int i) { return static_cast<std::size_t>(i); }
  const Node& node(int i) const { return network_.nodes[index(i)]; }
  const Link& link(int i) const { return network_.links[index(i)]; }
  const std::string& endpoint_name(int e) const { return names_[index(graph_.endpoints[index(e)])]; }

  bool costly(int vertex) {
    if (costly_.empty()) {
      costly_.assign(graph_.vertices.size(), 0);
      for (const auto& edge : graph_.edges) costly_[index(edge.to)] |= edge.cost ? 1 : 0;
    }
    return costly_[index(vertex)] != 0;
  }

  void head() {
    fmt::format_to(
        out_,
        "<?xml version=\"1.0\"?>\n<!DOCTYPE platform SYSTEM \"https://simgrid.org/simgrid.dtd\">\n"
        "<!-- {} with {} GPUs, written by teapot.\n"
        "     A name with a colon is a port: a node as the cable after the colon enters it. Ports keep SimGrid's\n"
        "     shortest paths on the fabric's own routes. \"enter\" links only count a step more into a host. -->\n",
        comment_safe(network_.name), network_.ranks());
    fmt::format_to(
        out_,
        "<platform version=\"4.1\">\n<config>\n<prop id=\"network/model\" value=\"CM02\"/>\n"
        "<prop id=\"network/crosstraffic\" value=\"0\"/>\n<prop id=\"network/TCP-gamma\" value=\"1e30\"/>\n</config>\n"
        "<zone id=\"{0}\" routing=\"DijkstraCache\">\n<prop id=\"fabric\" value=\"{0}\"/>\n<prop id=\"paths\" "
        "value=\"{1}\"/>\n",
        escaped(network_.name), graph_.spread_pairs == 0 ? "exact" : "one of several for each pair");
  }

  /// Two hyphens would end a comment.
  static std::string comment_safe(std::string text) {
    for (auto& c : text) c = c == '-' || static_cast<unsigned char>(c) < 32 ? ' ' : c;
    return text;
  }

  void property(const char* name, const std::string& value) {
    fmt::format_to(out_, "<prop id=\"{}\" value=\"{}\"/>", name, escaped(value));
  }

  void vertex(std::size_t v) {
    const auto& vertex = graph_.vertices[v];
    if (vertex.in_link >= 0) {
      fmt::format_to(out_, "<router id=\"{}\"/>\n", names_[v]);
      return;
    }
    const bool is_gpu = v < network_.gpus.size();  // the graph starts with the endpoints, in order
    const bool computes = is_gpu || node(vertex.node).role == "cpu";
    // SimGrid wants a speed; what runs on a GPU takes its time from kernels, never from this.
    fmt::format_to(out_, "<host id=\"{}\" speed=\"{}\">", names_[v], computes ? "1Gf" : "1f");
    if (is_gpu && extras_.hbm > BytesPerSecond{}) {
      fmt::format_to(out_, "<disk id=\"hbm\" read_bw=\"{0}Bps\" write_bw=\"{0}Bps\"/>", extras_.hbm.value);
    }
    property("role", node(vertex.node).role);
    if (is_gpu) {
      property("rank", std::to_string(v));
      if (v < network_.domain.size()) property("domain", std::to_string(network_.domain[v]));
      if (v < network_.host.size()) property("host", std::to_string(network_.host[v]));
    } else if (v < graph_.endpoints.size()) {
      property("passive", std::to_string(v - network_.gpus.size()));
    }
    fmt::format_to(out_, "</host>\n");
  }

  void cable(int l) {
    const int back = reverse_[index(l)];
    const bool up = back >= 0 && link(l).name.ends_with("_UP");
    if (back >= 0 && !up && graph_.link_used[index(back)]) return;  // written with its other half
    const int first = back >= 0 && !up ? back : l;
    const std::string name = back >= 0 ? cable_name(link(l).name) : link(l).name;
    fmt::format_to(out_, "<link id=\"{}\" bandwidth=\"{}Bps\" latency=\"{}s\" sharing_policy=\"{}\">", escaped(name),
                   link(l).bandwidth.value, link(l).latency.value, back >= 0 ? "SPLITDUPLEX" : "SHARED");
    property("tier", link(l).tier);
    property("from", node(link(first).from).name);
    property("to", node(link(first).to).name);
    fmt::format_to(out_, "</link>\n");
  }

  void crossing(int l) {
    const auto& name = link(l).name;
    if (reverse_[index(l)] < 0) {
      fmt::format_to(out_, "<link_ctn id=\"{}\"/>", escaped(name));
    } else {
      fmt::format_to(out_, "<link_ctn id=\"{}\" direction=\"{}\"/>", escaped(cable_name(name)),
                     name.ends_with("_UP") ? "UP" : "DOWN");
    }
  }

  void route(const PortGraph::Edge& edge) {
    fmt::format_to(out_, "<route src=\"{}\" dst=\"{}\" symmetrical=\"NO\">", names_[index(edge.from)],
                   names_[index(edge.to)]);
    if (edge.link >= 0) crossing(edge.link);
    if (edge.cost) fmt::format_to(out_, "<link_ctn id=\"enter {}\"/>", names_[index(edge.to)]);
    fmt::format_to(out_, "</route>\n");
  }

  const Network& network_;
  const PortGraph& graph_;
  const PlatformExtras& extras_;
  std::vector<int> reverse_;
  std::vector<std::string> names_;  // of the graph's vertices, fit for XML
  std::vector<char> costly_;
  std::string xml_;
  Out out_{xml_};
};

}  // namespace

PlatformFile to_platform_file(const Network& network, const PlatformExtras& extras) {
  const PortGraph graph = port_graph(network);
  PlatformFile file;
  const auto ranks = static_cast<std::size_t>(network.ranks());
  file.pairs = ranks * (ranks - 1 + 2 * network.passive.size());
  file.spread_pairs = graph.spread_pairs;
  file.bypasses = graph.bypasses.size();
  for (const char used : graph.link_used) file.left_out += used ? 0 : 1;
  file.xml = XmlWriter{network, graph, extras}.write();
  return file;
}

}  // namespace teapot
