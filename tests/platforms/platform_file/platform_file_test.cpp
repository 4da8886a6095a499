// Platform files: what is written comes back, with the same route for every pair.

#include "platforms/platform_file/platform_file.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "sim/config.hpp"
#include "tests/platforms/platform_file/platform_file_networks.hpp"

using namespace teapot;
using namespace teapot::by_hand;
using namespace teapot::literals;

namespace {

/// A file that is gone when the test is.
struct TemporaryFile {
  std::string path;
  explicit TemporaryFile(const std::string& content, const std::string& suffix = ".xml")
      : path((std::filesystem::temp_directory_path() / ("teapot-" + std::to_string(getpid()) + suffix)).string()) {
    std::ofstream{path, std::ios::binary} << content;
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { std::filesystem::remove(path); }
};

Network read_back(const PlatformFile& file) { return read_platform(TemporaryFile{file.xml}.path); }

void check_same_routes(const Network& wrote, const Network& read) {
  REQUIRE(read.ranks() == wrote.ranks());
  CHECK(read.domain == wrote.domain);
  for (int s = 0; s < wrote.ranks(); ++s) {
    CHECK(read.nodes.at(static_cast<std::size_t>(read.gpus.at(static_cast<std::size_t>(s)))).name ==
          wrote.nodes.at(static_cast<std::size_t>(wrote.gpus.at(static_cast<std::size_t>(s)))).name);
    for (int d = 0; d < wrote.ranks(); ++d) {
      CAPTURE(s);
      CAPTURE(d);
      CHECK(crossings(read, s, d) == crossings(wrote, s, d));
    }
  }
}

void check_same_links(const Network& wrote, const Network& read) {
  for (const auto& link : read.links) {
    const auto same = [&](const Link& other) {
      const auto name = [](const Network& network, int node) {
        return network.nodes[static_cast<std::size_t>(node)].name;
      };
      return other.name == link.name && other.tier == link.tier && other.bandwidth == link.bandwidth &&
             other.latency == link.latency && name(wrote, other.from) == name(read, link.from) &&
             name(wrote, other.to) == name(read, link.to);
    };
    CAPTURE(link.name);
    CHECK(std::count_if(wrote.links.begin(), wrote.links.end(), same) == 1);
  }
}

std::string complaint_about(const std::string& content, const std::string& suffix = ".xml") {
  const TemporaryFile file{content, suffix};
  try {
    read_platform(file.path);
  } catch (const ConfigError& e) {
    std::string text = e.what();
    CHECK(text.starts_with(file.path + ":"));
    CHECK(text.find('\n') == std::string::npos);
    return text.substr(file.path.size() + 1);
  }
  return "nothing";
}

const std::string head =
    "<?xml version=\"1.0\"?>\n<!DOCTYPE platform SYSTEM \"https://simgrid.org/simgrid.dtd\">\n<platform "
    "version=\"4.1\">\n";

}  // namespace

TEST_CASE("platform file: a star comes back as it was, with its name escaped") {
  const Network wrote = star(5);
  const PlatformFile file = to_platform_file(wrote);
  CHECK(file.pairs == 20);
  CHECK(file.bypasses == 0);
  CHECK(file.spread_pairs == 0);
  CHECK(file.left_out == 0);
  const Network read = read_back(file);
  CHECK(read.name == wrote.name);
  CHECK(read.links.size() == wrote.links.size());
  check_same_routes(wrote, read);
  check_same_links(wrote, read);
}

TEST_CASE("platform file: routes chosen by the destination keep their spines without a line for each pair") {
  for (const int width : {2, 3, 8}) {
    CAPTURE(width);
    const Network wrote = two_leaves(width);
    const PlatformFile file = to_platform_file(wrote);
    CHECK(file.bypasses == 0);
    check_same_routes(wrote, read_back(file));
  }
}

TEST_CASE("platform file: other planes are reached over NVLink at the source, though the way at the end is as short") {
  const Network wrote = pxn();
  const PlatformFile file = to_platform_file(wrote);
  CHECK(file.bypasses == 0);
  CHECK(file.left_out == 0);  // host bridges are there, for the CPUs
  const Network read = read_back(file);
  check_same_routes(wrote, read);
  check_same_links(wrote, read);
  CHECK(read.links.size() == wrote.links.size());
}

TEST_CASE("platform file: where paths are many, one of the shortest is kept for each pair and the file says so") {
  const Network wrote = two_leaves(4, true);
  const PlatformFile file = to_platform_file(wrote);
  CHECK(file.spread_pairs == 32);  // 2 x 4 x 4 pairs lie in different leaves
  CHECK(file.xml.find("one of several") != std::string::npos);
  const Network read = read_back(file);
  const Network same = two_leaves(4);
  for (int s = 0; s < 8; ++s) {
    for (int d = 0; d < 8; ++d) CHECK(crossings(read, s, d) == crossings(same, s, d));
  }
}

TEST_CASE("platform file: routes that are no shortest paths are written pair by pair") {
  // A ring of four switches; 0 -> 2 goes one way round and 2 -> 0 the other, 0 -> 1 takes the long way.
  Sketch sketch{"ring"};
  for (int i = 0; i < 4; ++i) sketch.gpu("gpu-" + text(i), i);
  for (int i = 0; i < 4; ++i) sketch.node("router-" + text(i), "router");
  for (int i = 0; i < 4; ++i) {
    sketch.cable("nic-" + text(i), "nic", "gpu-" + text(i), "router-" + text(i), 50.0_GBps, 0.0_us);
    sketch.cable("ring-" + text(i), "ring", "router-" + text(i), "router-" + text((i + 1) % 4), 25.0_GBps, 0.5_us);
  }
  for (int s = 0; s < 4; ++s) {
    for (int d = 0; d < 4; ++d) {
      if (s == d) continue;
      const bool up = s == 0 && d == 1 ? false : (d - s + 4) % 4 <= 2;
      std::vector<std::string> names{"nic-" + text(s) + "_UP"};
      for (int at = s; at != d; at = up ? (at + 1) % 4 : (at + 3) % 4) {
        names.push_back(up ? "ring-" + text(at) + "_UP" : "ring-" + text((at + 3) % 4) + "_DOWN");
      }
      names.push_back("nic-" + text(d) + "_DOWN");
      sketch.route(s, d, names);
    }
  }
  const Network wrote = sketch.finish();
  const PlatformFile file = to_platform_file(wrote);
  CHECK(file.bypasses > 0);
  check_same_routes(wrote, read_back(file));
}

TEST_CASE("platform file: parallel cables between the same two nodes are kept apart") {
  Sketch sketch{"parallel"};
  for (int i = 0; i < 2; ++i) sketch.gpu("gpu-" + text(i), i);
  sketch.node("switch", "switch");
  for (int i = 0; i < 2; ++i) {
    for (int c = 0; c < 2; ++c) {
      sketch.cable("nic-" + text(i) + "-" + text(c), "nic", "gpu-" + text(i), "switch", (10.0 + c) * 1.0_GBps, 1.0_us);
    }
  }
  sketch.route(0, 1, {"nic-0-1_UP", "nic-1-0_DOWN"});
  sketch.route(1, 0, {"nic-1-0_UP", "nic-0-1_DOWN"});
  const Network wrote = sketch.finish();
  check_same_routes(wrote, read_back(to_platform_file(wrote)));
}

TEST_CASE("platform file: one-way links and halves of different speed stay single links") {
  Sketch sketch{"one-way"};
  for (int i = 0; i < 2; ++i) sketch.gpu("gpu-" + text(i), i);
  sketch.link("there", "wire", "gpu-0", "gpu-1", 10.0_GBps, 1.0_us);
  sketch.link("back_UP", "wire", "gpu-1", "gpu-0", 20.0_GBps, 2.0_us);
  sketch.link("back_DOWN", "wire", "gpu-0", "gpu-1", 5.0_GBps, 2.0_us);
  sketch.route(0, 1, {"there"});
  sketch.route(1, 0, {"back_UP"});
  const Network wrote = sketch.finish();
  const PlatformFile file = to_platform_file(wrote);
  CHECK(file.left_out == 1);
  const Network read = read_back(file);
  check_same_routes(wrote, read);
  check_same_links(wrote, read);
}

TEST_CASE("platform file: the memory of a GPU is a disk of its host") {
  CHECK(to_platform_file(star(2), {3.35e12 * 1.0_B / 1.0_s}).xml.find("read_bw=\"3350000000000Bps\"") !=
        std::string::npos);
  CHECK(to_platform_file(star(2)).xml.find("<disk") == std::string::npos);
}

TEST_CASE("platform file: only as many ranks are read as are asked for") {
  const TemporaryFile file{to_platform_xml(two_leaves(4))};
  const Network network = read_platform(file.path, 3);
  CHECK(network.ranks() == 3);
  CHECK(crossings(network, 2, 0) == crossings(two_leaves(4), 2, 0));
}

TEST_CASE("platform file: a cluster that somebody else wrote becomes a network") {
  const TemporaryFile file{
      head +
      "<cluster id=\"nvl72\" prefix=\"gpu-\" suffix=\"\" radical=\"0-71\" speed=\"1Gf\" bw=\"900GBps\" "
      "lat=\"250ns\" sharing_policy=\"SPLITDUPLEX\"/></platform>"};
  const Network network = read_platform(file.path);
  REQUIRE(network.ranks() == 72);
  CHECK(network.name == "nvl72");
  CHECK(network.nodes.at(static_cast<std::size_t>(network.gpus[10])).name == "gpu-10");  // natural order
  const Route route = network.route(0, 71);
  REQUIRE(route.size() == 2);
  const Link& up = network.links.at(static_cast<std::size_t>(route[0].link));
  const Link& down = network.links.at(static_cast<std::size_t>(route[1].link));
  CHECK(up.name == "nvl72_link_0_UP");
  CHECK(down.name == "nvl72_link_71_DOWN");
  CHECK(up.bandwidth.value == doctest::Approx(900e9).epsilon(1e-12));
  CHECK(up.from == network.gpus[0]);  // a link that one rank alone starts over hangs on that rank
  CHECK(down.to == network.gpus[71]);
  CHECK(network.domain == std::vector<int>(72, 0));  // the links are called nvl...
  CHECK(latency(network, network.route(3, 4)).value == doctest::Approx(500e-9).epsilon(1e-12));
}

TEST_CASE("platform file: each unusable file is named in one line that says what it lacks") {
  const std::string two_hosts =
      "<zone id=\"z\" routing=\"DijkstraCache\"><host id=\"a\" speed=\"1f\"/><host id=\"b\" speed=\"1f\"/>";
  CHECK(complaint_about("").find("empty") != std::string::npos);
  CHECK(complaint_about("hello").find("not XML") != std::string::npos);
  CHECK(complaint_about(std::string("\x7f"
                                    "ELF\0\1\2",
                                    7))
            .find("not UTF-8 text") != std::string::npos);
  CHECK(complaint_about(head + "</platform>").find("no hosts") != std::string::npos);
  CHECK(complaint_about(head + "<zone id=\"z\" routing=\"Full\"></zone></platform>").find("no hosts") !=
        std::string::npos);
  CHECK(complaint_about(head + two_hosts + "<link id=\"l\" bandwidth=\"5xy\" latency=\"0s\"/></zone></platform>") ==
        "4: unknown unit: xy");
  CHECK(complaint_about(head + two_hosts).starts_with("4: Invalid XML"));
  CHECK(complaint_about(head + two_hosts + "</zone></platform>").find("no route from a to b") != std::string::npos);
  const std::string joined = "<route src=\"a\" dst=\"b\"><link_ctn id=\"l\"/></route></zone></platform>";
  CHECK(complaint_about(head + two_hosts +
                        "<link id=\"l\" bandwidth=\"5GBps\" latency=\"0s\" sharing_policy=\"FATPIPE\"/>" + joined)
            .find("FATPIPE") != std::string::npos);
  // A profile would be passed over, and with it what the file's author meant.
  CHECK(complaint_about(head + two_hosts + "<link id=\"l\" bandwidth=\"5GBps\" latency=\"0s\" state_file=\"f\"/>" +
                        joined)
            .find("state_file: resources that change with time are not simulated") != std::string::npos);
  CHECK(complaint_about(head + "<include file=\"other.xml\"/>").starts_with("4:2: include: other files"));
  // Neither does a comment count as markup, nor does what looks like one within a value hide markup.
  const std::string whole = head + two_hosts + "<!-- <trace id=\"t\"/> -->\n" +
                            "<link id=\"l\" bandwidth=\"5GBps\" latency=\"0s\"/>" + joined;
  CHECK(read_platform(TemporaryFile{whole}.path).ranks() == 2);
  CHECK(complaint_about(head + "<zone id=\"<!--\"><trace_connect trace=\"t\"/>")
            .find("trace_connect: resources that change") != std::string::npos);
  CHECK_THROWS_AS(read_platform("/nowhere/platform.xml"), ConfigError);
  CHECK_THROWS_AS(read_platform("/tmp"), ConfigError);
}

TEST_CASE("platform file: rank properties must count from zero without a gap") {
  const auto host = [](const std::string& name, const std::string& rank) {
    return "<host id=\"" + name + "\" speed=\"1f\"><prop id=\"rank\" value=\"" + rank + "\"/></host>";
  };
  const std::string rest =
      "<link id=\"l\" bandwidth=\"5GBps\" latency=\"1us\"/><route src=\"a\" dst=\"b\"><link_ctn "
      "id=\"l\"/></route></zone></platform>";
  const std::string zone = head + "<zone id=\"z\" routing=\"DijkstraCache\">";
  CHECK(complaint_about(zone + host("a", "1") + host("b", "2") + rest).find("ranks must be 0 to 1") !=
        std::string::npos);
  CHECK(complaint_about(zone + host("a", "0") + host("b", "0") + rest).find("ranks must be 0 to 1") !=
        std::string::npos);
  const TemporaryFile file{zone + host("a", "1") + host("b", "0") + rest};
  const Network network = read_platform(file.path);
  CHECK(network.nodes.at(static_cast<std::size_t>(network.gpus[0])).name == "b");
  CHECK(crossings(network, 0, 1) == std::set<Crossing>{{"l", 5e9, 1e-6, 1}});
}

TEST_CASE("platform file: the host that a rank names is one of those that are passive") {
  const auto file = [](const std::string& of_rank, const std::string& of_memory) {
    return head +
           "<zone id=\"z\" routing=\"DijkstraCache\"><host id=\"g\" speed=\"1f\"><prop id=\"rank\" value=\"0\"/>" +
           of_rank + "</host><host id=\"m\" speed=\"1f\">" + of_memory +
           "</host><link id=\"l\" bandwidth=\"5GBps\" latency=\"1us\"/><route src=\"g\" dst=\"m\"><link_ctn "
           "id=\"l\"/></route></zone></platform>";
  };
  const auto host = [](const std::string& number) { return "<prop id=\"host\" value=\"" + number + "\"/>"; };
  const auto passive = [](const std::string& number) { return "<prop id=\"passive\" value=\"" + number + "\"/>"; };
  CHECK(complaint_about(file(host("1"), passive("0"))).find("must be the number `passive` of one of 1") !=
        std::string::npos);
  CHECK(complaint_about(file("", passive("0"))).find("must be the number `passive`") != std::string::npos);
  CHECK(complaint_about(file(host("0"), "")).find("must be the number `passive` of one of 0") != std::string::npos);
  CHECK(complaint_about(file(host("0"), passive("3"))).find("numbers must be 0 to 0") != std::string::npos);
  const Network read = read_platform(TemporaryFile{file(host("0"), passive("0"))}.path);
  CHECK(read.host == std::vector<int>{0});
  REQUIRE(read.endpoints() == 2);
  CHECK(crossings(read, 1, 0) == std::set<Crossing>{{"l", 5e9, 1e-6, 1}});
}
