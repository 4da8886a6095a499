// Compares each shape with its limit.
// Does not compute anything with them.

#include "workloads/model/limits.hpp"

#include <fmt/format.h>

#include "sim/limits.hpp"

namespace teapot {
namespace {

struct Shape {
  const char* what;
  std::int64_t value;
  std::int64_t most;
};

void require(const Config& config, std::initializer_list<Shape> shapes) {
  for (const Shape& shape : shapes) {
    if (shape.value < 0 || shape.value > shape.most)
      config.fail(fmt::format("{} must be from 0 to {}, got {}", shape.what, shape.most, shape.value));
  }
}

void require_mixer(const Config& config, const Attention& a) {
  using limits::head_width;
  require(config, {{"heads of attention", a.heads, limits::heads},
                   {"key and value heads", a.kv_heads, limits::heads},
                   {"width of a head", a.head_dim, head_width},
                   {"rank of the query", a.q_rank, head_width},
                   {"rank of keys and values", a.kv_rank, head_width},
                   {"width of a head without position", a.nope_dim, head_width},
                   {"width of a head with position", a.rope_dim, head_width},
                   {"width of a value head", a.value_dim, head_width},
                   {"rank of the output", a.o_rank, head_width},
                   {"groups of the output", a.o_groups, limits::heads},
                   {"tokens that share a row", a.compression, limits::width},
                   {"width of what is projected", a.input, limits::width},
                   {"tokens of an image", a.cross, limits::vocabulary}});
}

}  // namespace

void require_limits(const Config& config, const Model& m) {
  require(config, {{"layers", static_cast<std::int64_t>(m.layers.size()), 10'000},
                   {"hidden size", m.hidden, limits::width},
                   {"vocabulary", m.vocabulary, limits::vocabulary},
                   {"positions", m.positions, limits::vocabulary},
                   {"intermediate size", m.intermediate, limits::width},
                   {"routed experts", m.experts.routed, limits::experts},
                   {"experts of a token", m.experts.top_k, limits::experts},
                   {"shared experts", m.experts.shared, limits::shared_experts},
                   {"intermediate size of an expert", m.experts.intermediate, limits::width},
                   {"intermediate size of the shared experts", m.experts.shared_intermediate, limits::width * 16},
                   {"groups of experts", m.experts.groups, limits::experts},
                   {"modules of multi-token prediction", m.mtp_modules, limits::drafts}});
  for (const Layer& layer : m.layers) require_mixer(config, layer.attention);
}

}  // namespace teapot
