// Routes searched for in the graph that a platform file spells out, against those that SimGrid tells.

#include "platforms/platform_file/file_graph.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "platforms/platform_file/platform_file.hpp"
#include "tests/platforms/platform_file/platform_file_networks.hpp"

using namespace teapot;
using namespace teapot::by_hand;

namespace {

constexpr int many = 70;     // searched for
constexpr int no_more = 64;  // SimGrid is asked for all of them

Network read_text(const std::string& xml, int ranks) {
  const auto path = std::filesystem::temp_directory_path() / ("teapot-graph-" + std::to_string(getpid()) + ".xml");
  std::ofstream{path} << xml;
  Network network = read_platform(path.string(), ranks);
  std::filesystem::remove(path);
  return network;
}

std::string zone(const std::string& inside) {
  return "<?xml version='1.0'?>\n<!DOCTYPE platform SYSTEM \"https://simgrid.org/simgrid.dtd\">\n"
         "<platform version=\"4.1\"><zone id=\"z\" routing=\"DijkstraCache\">" +
         inside + "</zone></platform>";
}

std::string one_way(const std::string& from, const std::string& to, const std::string& link) {
  return "<route src=\"" + from + "\" dst=\"" + to + "\" symmetrical=\"NO\"><link_ctn id=\"" + link + "\"/></route>\n";
}

/// Hosts on one router, and beside it a second one as near: each pair with an even host has two shortest ways.
std::string two_routers() {
  std::string nodes = "<router id=\"a\"/><router id=\"b\"/>";
  std::string links;
  std::string routes;
  for (int h = 0; h < many; ++h) {
    const std::string name = "gpu-" + text(h);
    nodes += "<host id=\"" + name + "\" speed=\"1Gf\"/>\n";
    for (const std::string router : {"a", "b"}) {
      if (router == "b" && h % 2 == 1) continue;
      for (const std::string way : {"up", "down"}) {
        links += "<link id=\"nic-" + way + "-" + router + text(h) + "\" bandwidth=\"1GBps\" latency=\"1us\"/>\n";
      }
      routes +=
          one_way(name, router, "nic-up-" + router + text(h)) + one_way(router, name, "nic-down-" + router + text(h));
    }
  }
  return zone(nodes + links + routes);
}

}  // namespace

TEST_CASE("file graph: of more ranks than SimGrid is asked for, each route is the one that was written") {
  const Network wrote = star(many);
  const PlatformFile file = to_platform_file(wrote);
  REQUIRE(file_graph(file.xml).has_value());
  const Network read = read_text(file.xml, many);
  for (int s = 0; s < many; ++s) {
    for (int d = 0; d < many; ++d) CHECK(crossings(read, s, d) == crossings(wrote, s, d));
  }
}

TEST_CASE("file graph: where two ways are shortest, the route is SimGrid's") {
  const std::string xml = two_routers();
  REQUIRE(file_graph(xml).has_value());
  const Network searched = read_text(xml, many);
  const Network told = read_text(xml, no_more);
  for (int s = 0; s < no_more; ++s) {
    for (int d = 0; d < no_more; ++d) CHECK(crossings(searched, s, d) == crossings(told, s, d));
  }
}

TEST_CASE("file graph: vertices, links and steps are those of the file") {
  const auto graph = file_graph(
      zone("<host id=\"g\" speed=\"1f\"><prop id=\"role\" value=\"a &gt; b\"/></host><router id=\"r\"/><!-- <zone> -->"
           "<link id=\"l\" bandwidth=\"1Bps\" latency=\"0s\" sharing_policy=\"SPLITDUPLEX\"/>"
           "<route src=\"g\" dst=\"r\" symmetrical=\"NO\"><link_ctn id=\"l\" direction=\"UP\"/></route>"
           "<route src=\"r\" dst=\"g\" symmetrical=\"NO\"><link_ctn id=\"l\" direction=\"DOWN\"/><link_ctn id=\"enter "
           "g\"/></route>"
           "<bypassRoute src=\"g\" dst=\"r\"><link_ctn id=\"l\" direction=\"UP\"/></bypassRoute>"));
  REQUIRE(graph.has_value());
  CHECK(graph->links == std::vector<std::string>{"l_UP", "l_DOWN"});
  REQUIRE(graph->ports.edges.size() == 2);
  CHECK(graph->ports.edges[0].link == 0);
  CHECK(!graph->ports.edges[0].cost);
  CHECK(graph->ports.edges[1].link == 1);
  CHECK(graph->ports.edges[1].cost);
  CHECK(graph->bypassed.count({graph->vertex.at("g"), graph->vertex.at("r")}) == 1);
}

TEST_CASE("file graph: what is of another form is left to SimGrid") {
  const std::string hosts = "<host id=\"g\" speed=\"1f\"/><host id=\"h\" speed=\"1f\"/>";
  const std::string link = "<link_ctn id=\"l\"/>";
  for (const std::string& xml :
       {zone(hosts + "<route src=\"g\" dst=\"h\">" + link + "</route>"),                            // both ways
        zone(hosts + "<route src=\"g\" dst=\"h\" symmetrical=\"NO\">" + link + link + "</route>"),  // two links
        zone(hosts + "<route src=\"g\" dst=\"nobody\" symmetrical=\"NO\">" + link + "</route>"),
        zone(hosts + "<zone id=\"in\" routing=\"Full\"></zone>"), zone(hosts + "<cluster id=\"c\"/>"),
        zone("<host id=\"g&amp;h\" speed=\"1f\"/>"),
        std::string{"<platform version=\"4.1\"><zone id=\"z\" routing=\"Floyd\"></zone></platform>"}}) {
    CAPTURE(xml);
    CHECK(!file_graph(xml).has_value());
  }
}
