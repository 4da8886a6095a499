// Paje's text format, for tools of the SimGrid and HPC world (pj_dump, ViTE): GPUs are containers, streams hold states.
// The only file that knows this format.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <set>
#include <tuple>

#include "analysis/output/trace/events.hpp"

namespace teapot {
namespace {

/// The kinds of events that this file uses, with the numbers by which its lines refer to them.
constexpr const char* definitions = R"(%EventDef PajeDefineContainerType 0
% Alias string
% Type string
% Name string
%EndEventDef
%EventDef PajeDefineStateType 1
% Alias string
% Type string
% Name string
%EndEventDef
%EventDef PajeDefineVariableType 2
% Alias string
% Type string
% Name string
% Color color
%EndEventDef
%EventDef PajeDefineLinkType 3
% Alias string
% Type string
% StartContainerType string
% EndContainerType string
% Name string
%EndEventDef
%EventDef PajeDefineEntityValue 4
% Alias string
% Type string
% Name string
% Color color
%EndEventDef
%EventDef PajeCreateContainer 5
% Time date
% Alias string
% Type string
% Container string
% Name string
%EndEventDef
%EventDef PajeDestroyContainer 6
% Time date
% Type string
% Name string
%EndEventDef
%EventDef PajePushState 7
% Time date
% Type string
% Container string
% Value string
% Operator string
% Layer int
% MicroBatch int
%EndEventDef
%EventDef PajePopState 8
% Time date
% Type string
% Container string
%EndEventDef
%EventDef PajeSetVariable 9
% Time date
% Type string
% Container string
% Value double
%EndEventDef
%EventDef PajeStartLink 10
% Time date
% Type string
% Container string
% StartContainer string
% Value string
% Key string
%EndEventDef
%EventDef PajeEndLink 11
% Time date
% Type string
% Container string
% EndContainer string
% Value string
% Key string
%EndEventDef
)";

/// Lines of a trace must come in order of time; of those at one time, in order of `turn`, then as they were added.
class Lines {
 public:
  enum Turn { set_variable, pop_state, push_state, start_link, end_link };

  template <class... Values>
  void add(double time_s, Turn turn, fmt::format_string<Values...> form, Values&&... values) {
    const std::size_t begin = text_.size();
    fmt::format_to(std::back_inserter(text_), form, std::forward<Values>(values)...);
    lines_.push_back({time_s, turn, begin, text_.size() - begin});
  }
  std::string sorted() {
    std::stable_sort(lines_.begin(), lines_.end(), [](const Line& a, const Line& b) {
      return std::tie(a.time_s, a.turn) < std::tie(b.time_s, b.turn);
    });
    std::string text;
    text.reserve(text_.size() + lines_.size());
    for (const auto& line : lines_) text.append(text_, line.begin, line.size).push_back('\n');
    return text;
  }

 private:
  struct Line {
    double time_s;
    Turn turn;
    std::size_t begin, size;
  };
  std::string text_;
  std::vector<Line> lines_;
};

/// A colour for each kind of operator, evenly spread over the circle of hues.
std::string colour(std::size_t index) {
  const double hue = 6 * (0.618033988749895 * static_cast<double>(index) -
                          static_cast<double>(static_cast<int>(0.618033988749895 * static_cast<double>(index))));
  const auto part = [hue](double shift) {
    double x = hue + shift;
    while (x >= 6) x -= 6;
    return 0.35 + 0.6 * std::clamp(std::abs(x - 3) - 1, 0.0, 1.0);
  };
  return fmt::format("{:.3f} {:.3f} {:.3f}", part(0), part(4), part(2));
}

std::string escaped(std::string text) {
  std::replace(text.begin(), text.end(), '"', '\'');
  return '"' + text + '"';
}

/// Types and containers; what happens comes after.
std::string declarations(const TraceEvents& events, const Program& program) {
  std::string text = definitions;
  const auto add = [&text](const auto& form, const auto&... values) {
    text += fmt::format(fmt::runtime(form), values...) + '\n';
  };
  add("0 CLUSTER 0 Cluster");
  add("0 GPU CLUSTER GPU");
  add("0 STREAM GPU Stream");
  add("1 OPERATOR STREAM Operator");
  add("3 SENT CLUSTER STREAM STREAM Sent");
  add("4 BYTES SENT bytes \"0.5 0.5 0.5\"");
  std::vector<std::string> names;
  for (const auto& op : program.operators) {
    if (std::find(names.begin(), names.end(), op.name) == names.end()) names.push_back(op.name);
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    add("4 {} OPERATOR {} \"{}\"", escaped(names[i]), escaped(names[i]), colour(i));
  }
  for (std::size_t c = 0; c < events.counters.size(); ++c) {
    add("2 V{} GPU {} \"0.3 0.5 0.8\"", c, escaped(events.counters[c].name + " " + events.counters[c].unit));
  }
  for (std::size_t c = 0; c < events.fabric.size(); ++c) {
    add("2 F{} CLUSTER {} \"0.3 0.5 0.8\"", c, escaped(events.fabric[c].name + " " + events.fabric[c].unit));
  }
  add("5 0 cluster CLUSTER 0 cluster");
  for (std::size_t i = 0; i < events.gpus.size(); ++i) {
    add("5 0 G{} GPU cluster {}", events.gpus[i], escaped(events.gpu_names[i]));
    for (std::size_t s = 0; s < events.tracks.size(); ++s) {
      add("5 0 G{0}S{1} STREAM G{0} {2}", events.gpus[i], s,
          escaped(fmt::format("{} of GPU {}", events.tracks[s], events.gpus[i])));
    }
  }
  return text;
}

}  // namespace

namespace {

/// States of operators and the arrows between them; the end of the last.
double add_slices(const TraceEvents& events, const Program& program, Lines& lines) {
  double end_s = 0;
  for (const auto& slice : events.slices) {
    const Operator& op = program.operators[static_cast<std::size_t>(slice.op)];
    end_s = std::max(end_s, slice.end_s);
    if (slice.end_s > slice.begin_s) {  // a state without length would be popped before it is pushed
      lines.add(slice.begin_s, Lines::push_state, "7 {:.12f} OPERATOR G{}S{} {} {} {} {}", slice.begin_s, slice.gpu,
                slice.track, escaped(op.name), escaped(slice_name(op)), op.layer, op.micro_batch);
      lines.add(slice.end_s, Lines::pop_state, "8 {:.12f} OPERATOR G{}S{}", slice.end_s, slice.gpu, slice.track);
    }
    for (const auto arrow : slice.arrows_out) {
      lines.add(slice.begin_s, Lines::start_link, "10 {:.12f} SENT cluster G{}S{} BYTES A{}", slice.begin_s, slice.gpu,
                slice.track, arrow);
    }
    for (const auto arrow : slice.arrows_in) {
      lines.add(slice.begin_s, Lines::end_link, "11 {:.12f} SENT cluster G{}S{} BYTES A{}", slice.begin_s, slice.gpu,
                slice.track, arrow);
    }
  }
  return end_s;
}

}  // namespace

std::string paje_text(const TraceEvents& events, const Program& program) {
  Lines lines;
  double end_s = add_slices(events, program, lines);
  for (std::size_t c = 0; c < events.counters.size(); ++c) {
    for (const auto& [time_s, value] : events.counters[c].points) {
      end_s = std::max(end_s, time_s);
      lines.add(time_s, Lines::set_variable, "9 {:.12f} V{} G{} {:.6g}", time_s, c, events.counters[c].gpu, value);
    }
  }
  for (std::size_t c = 0; c < events.fabric.size(); ++c) {
    for (const auto& [time_s, value] : events.fabric[c].points) {
      end_s = std::max(end_s, time_s);
      lines.add(time_s, Lines::set_variable, "9 {:.12f} F{} cluster {:.6g}", time_s, c, value);
    }
  }
  std::string text = declarations(events, program) + lines.sorted();
  for (const int gpu : events.gpus) {
    for (std::size_t s = 0; s < events.tracks.size(); ++s) {
      text += fmt::format("6 {:.12f} STREAM G{}S{}\n", end_s, gpu, s);
    }
    text += fmt::format("6 {:.12f} GPU G{}\n", end_s, gpu);
  }
  text += fmt::format("6 {:.12f} CLUSTER cluster\n", end_s);
  return text;
}

}  // namespace teapot
