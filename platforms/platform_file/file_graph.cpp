// Reads the tags of a platform file that make up its graph.
// Does not judge the file: what it does not know is left to SimGrid.

#include "platforms/platform_file/file_graph.hpp"

#include <array>

namespace teapot {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// One tag of a text that is known to be XML.
struct Tag {
  std::string_view name;
  std::vector<std::pair<std::string_view, std::string_view>> attributes;
  bool begins = true;
  bool ends = false;

  std::string_view operator[](std::string_view key) const {
    for (const auto& [name_of, value] : attributes) {
      if (name_of == key) return value;
    }
    return {};
  }
};

class Tags {
 public:
  explicit Tags(std::string_view text) : text_(text) {}

  /// Whether all of the text was understood.
  bool done() const { return done_; }
  /// The next tag; nothing at the end or where the text is not understood.
  bool next(Tag& tag) {
    while (true) {
      at_ = text_.find('<', at_);
      done_ = at_ == std::string_view::npos;
      if (done_) return false;
      if (text_.substr(at_).starts_with("<!--")) {
        at_ = text_.find("-->", at_);
      } else if (text_.substr(at_).starts_with("<?") || text_.substr(at_).starts_with("<!")) {
        at_ = text_.find('>', at_);
      } else {
        ++at_;
        return read(tag);
      }
      if (at_ == std::string_view::npos) return false;
    }
  }

 private:
  bool read(Tag& tag) {
    tag = {};
    if (take('/')) tag.begins = false;
    tag.ends = !tag.begins;
    tag.name = word();
    while (true) {
      while (at_ < text_.size() && is_space(text_[at_])) ++at_;
      if (take('/')) tag.ends = true;
      if (take('>')) return true;
      const std::string_view key = word();
      if (key.empty() || !take('=') || at_ >= text_.size()) return false;
      const char quote = text_[at_++];
      const std::size_t end = text_.find(quote, at_);
      if ((quote != '"' && quote != '\'') || end == std::string_view::npos) return false;
      tag.attributes.emplace_back(key, text_.substr(at_, end - at_));
      at_ = end + 1;
    }
  }
  bool take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  std::string_view word() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && !is_space(text_[at_]) &&
           std::string_view{"=/>"}.find(text_[at_]) == std::string_view::npos)
      ++at_;
    return text_.substr(begin, at_ - begin);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool done_ = false;
};

class GraphReader {
 public:
  /// False where the file is of another form.
  bool take(const Tag& tag) {
    if (tag.name == "zone") return !tag.begins || (++zones_ == 1 && tag["routing"].starts_with("Dijkstra"));
    if (tag.name == "host" || tag.name == "router") return !tag.begins || add_vertex(tag["id"]);
    if (tag.name == "route") return (!tag.begins || begin_route(tag)) && (!tag.ends || end_route());
    if (tag.name == "bypassRoute") return !tag.begins || begin_bypass(tag);
    if (tag.name == "link_ctn") return !tag.begins || cross(tag);
    constexpr std::array others{"platform", "prop", "link", "disk", "config"};
    for (const std::string_view other : others) {
      if (tag.name == other) return true;
    }
    return false;
  }
  FileGraph finish() { return std::move(graph_); }

 private:
  /// Names with entities are rare, and SimGrid reads them.
  static bool plain(std::string_view name) { return !name.empty() && name.find('&') == std::string_view::npos; }
  bool add_vertex(std::string_view id) {
    const auto number = static_cast<int>(graph_.ports.vertices.size());
    graph_.ports.vertices.push_back({number, -1});
    return plain(id) && graph_.vertex.emplace(id, number).second;
  }
  bool ends_of(const Tag& tag) {
    const auto from = graph_.vertex.find(std::string{tag["src"]});
    const auto to = graph_.vertex.find(std::string{tag["dst"]});
    if (from == graph_.vertex.end() || to == graph_.vertex.end() || tag["symmetrical"] != "NO") return false;
    edge_ = {from->second, to->second, -1, false};
    return true;
  }
  bool begin_route(const Tag& tag) {
    in_bypass_ = false;
    crossed_ = 0;
    return ends_of(tag);
  }
  bool begin_bypass(const Tag& tag) {
    const auto from = graph_.vertex.find(std::string{tag["src"]});
    const auto to = graph_.vertex.find(std::string{tag["dst"]});
    if (from == graph_.vertex.end() || to == graph_.vertex.end()) return false;
    in_bypass_ = true;
    graph_.bypassed.emplace(from->second, to->second);
    graph_.bypassed.emplace(to->second, from->second);  // perhaps
    return true;
  }
  bool end_route() {
    if (crossed_ == 0) return false;
    graph_.ports.edges.push_back(edge_);
    return true;
  }
  /// A link of the route, or the step into a host behind it.
  bool cross(const Tag& tag) {
    if (in_bypass_) return true;
    ++crossed_;
    if (!plain(tag["id"])) return false;
    if (tag["id"].starts_with("enter ")) {
      edge_.cost = true;
      return crossed_ <= 2 && tag["direction"].empty();
    }
    std::string name{tag["id"]};
    if (!tag["direction"].empty()) (name += '_') += tag["direction"];
    const auto [found, is_new] = numbers_.try_emplace(std::move(name), static_cast<int>(graph_.links.size()));
    if (is_new) graph_.links.push_back(found->first);
    edge_.link = found->second;
    return crossed_ == 1;
  }

  FileGraph graph_;
  std::unordered_map<std::string, int> numbers_;
  PortGraph::Edge edge_;
  int crossed_ = 0;
  int zones_ = 0;
  bool in_bypass_ = false;
};

}  // namespace

std::optional<FileGraph> file_graph(std::string_view xml) {
  Tags tags{xml};
  GraphReader reader;
  for (Tag tag; tags.next(tag);) {
    if (!reader.take(tag)) return {};
  }
  if (!tags.done()) return {};
  return reader.finish();
}

}  // namespace teapot
