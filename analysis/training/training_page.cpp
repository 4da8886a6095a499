// Rectangles, colours and words of a step's page.
// Does not compute any figure.

#include "analysis/training/training_page.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "analysis/training/training_report.hpp"

namespace teapot {
namespace {

constexpr double page_width = 1400;
constexpr double label_width = 150;
constexpr double row_height = 26;

std::string escaped(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    if (c == '<' || c == '>' || c == '&' || c == '"') {
      safe += fmt::format("&#{};", static_cast<int>(c));
    } else {
      safe += c;
    }
  }
  return safe;
}

struct Colour {
  const char* name;
  const char* what;
  const char* fill;
};
/// In the order of Task::Kind, then the optimizer.
constexpr Colour fills[] = {{"forward", "forward (F)", "#e8a33d"},
                            {"backward", "backward (B)", "#3f9b6b"},
                            {"input", "backward for inputs", "#7cc49c"},
                            {"weights", "weights (W)", "#4a78b5"},
                            {"pair", "forward beside backward (F&B)", "#8d6bb1"},
                            {"optimizer", "gradients and optimizer", "#c4574f"}};

std::string words_of(const Task& t) {
  if (t.kind == Task::Kind::pair)
    return fmt::format("F of micro-batch {}, stage {} beside B of {}, stage {}", t.micro_batch, t.stage,
                       t.back_micro_batch, t.back_stage);
  return fmt::format("{} of micro-batch {}, stage {}", to_text(t.kind), t.micro_batch, t.stage);
}

std::string rectangle(double x, double y, double width, const Colour& colour, const std::string& title) {
  return fmt::format(
      R"(<rect x="{:.2f}" y="{:.1f}" width="{:.2f}" height="{:.1f}" class="{}"><title>{}</title></rect>)", x, y, width,
      row_height - 6, colour.name, escaped(title));
}

/// A row a rank, time from left to right.
std::string drawing(const TrainingScenario& s, const TrainingResult& r) {
  const double scale = (page_width - label_width) / r.step.value;
  std::string svg;
  const auto ms = [](Seconds from, Seconds to) {
    return fmt::format("{:.1f} to {:.1f} ms", from.value * 1e3, to.value * 1e3);
  };
  for (std::size_t rank = 0; rank < r.pipeline.ranks.size(); ++rank) {
    const double y = row_height * static_cast<double>(rank);
    const auto held = schedule(s.training.schedule).held(s.training.pipeline, static_cast<int>(rank));
    svg += fmt::format(R"(<text x="0" y="{:.1f}">rank {} ({})</text>)", y + 15, rank, fmt::join(held, ", "));
    for (const TimedTask& t : r.pipeline.ranks[rank]) {
      svg += rectangle(label_width + t.start.value * scale, y, (t.end - t.start).value * scale,
                       fills[static_cast<std::size_t>(t.task.kind)],
                       fmt::format("{}: {}", words_of(t.task), ms(t.start, t.end)));
    }
    const Seconds done = r.pipeline.finish(static_cast<int>(rank));
    svg += rectangle(label_width + done.value * scale, y, r.optimizer[rank].value * scale, fills[5],
                     fmt::format("gradients and optimizer: {}", ms(done, done + r.optimizer[rank])));
  }
  return fmt::format(R"(<svg viewBox="0 0 {0} {1:.0f}" role="img" aria-label="the pipeline">{2}</svg>)", page_width,
                     row_height * static_cast<double>(r.pipeline.ranks.size()), svg);
}

std::string legend() {
  std::string text;
  for (const Colour& c : fills) text += fmt::format(R"(<span><i class="{}"></i>{}</span> )", c.name, escaped(c.what));
  return text;
}

std::string style() {
  std::string text =
      "body{font:15px/1.5 system-ui,sans-serif;max-width:1440px;margin:2em auto;padding:0 "
      "1em;color:#222;background:#fff}"
      "svg{width:100%;height:auto;min-width:900px}.wide{overflow-x:auto}svg text{font-size:12px}"
      "pre{overflow-x:auto;background:#f6f6f4;padding:1em}span{margin-right:1em}"
      "i{display:inline-block;width:1em;height:1em;margin-right:.3em;vertical-align:-2px}"
      "rect{stroke:#fff;stroke-width:.4}";
  for (const Colour& c : fills) text += fmt::format("rect.{0}{{fill:{1}}}i.{0}{{background:{1}}}", c.name, c.fill);
  return text;
}

}  // namespace

std::string training_page(const TrainingScenario& s, const TrainingResult& r, const std::string& inputs) {
  const std::string title = escaped(fmt::format("{} trained on {} GPUs", s.model.name, s.gpus()));
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width\"><title>{0}</title><style>{1}</style></head><body>\n"
      "<h1>{0}: {2:.2f} s a step, {3:.1f} billion tokens a day, MFU {4:.1f}%</h1>\n"
      "<h2>The pipeline</h2>\n<p>{5}</p>\n<p>A row a rank, with the stages it holds; white: it waits. Tasks tell what "
      "they "
      "are under the pointer.</p>\n<div class=\"wide\">{6}</div>\n"
      "<h2>The step</h2>\n<pre>{7}</pre>\n<h2>Where the step goes</h2>\n<pre>{9}</pre>\n"
      "<h2>The scenario</h2>\n<pre>{8}</pre>\n</body></html>\n",
      title, style(), r.step.value, r.tokens_per_day() / 1e9, 100 * r.mfu_causal, legend(), drawing(s, r),
      escaped(training_text(s, r)), escaped(inputs), escaped(waterfall_text(r)));
}

}  // namespace teapot
