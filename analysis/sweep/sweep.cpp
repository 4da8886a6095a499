// Plans, hands out, records and collects.
// Does not know how a point is computed.

#include "analysis/sweep/sweep.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <functional>
#include <new>
#include <set>
#include <thread>
#include <utility>

#include "analysis/output/output_file.hpp"
#include "analysis/sweep/damage.hpp"
#include "analysis/sweep/evaluate.hpp"
#include "analysis/sweep/point_key.hpp"
#include "analysis/sweep/pool.hpp"
#include "analysis/sweep/progress.hpp"
#include "analysis/version.hpp"
#include "sim/engine.hpp"
#include "sim/input_file.hpp"
#include "sim/memory_limit.hpp"

namespace teapot {
namespace {

std::optional<Json> read_json(const std::string& file) {
  if (!unreadable(file, most_table_bytes).empty()) return {};
  Json json = Json::parse(read_input(file, most_table_bytes), nullptr, false);
  if (json.is_discarded()) return {};
  return json;
}

std::string now_text() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text.data();
}

TaskOutcome do_task(const SweepTask& task, const SweepPlan& plan, const SweepFolder& folder, const CostLists& lists,
                    InCommon& common) {
  const auto begin = std::chrono::steady_clock::now();
  TaskOutcome outcome;
  Json result;
  try {
    result = evaluate(task.scenario, plan.name, lists, common, plan.binding);
    outcome.tpot_ms = result.value("tpot_ms", 0.0);
  } catch (const SimulationKilled& e) {
    return {TaskOutcome::Kind::killed, e.what(), 0, 0};
  } catch (const std::bad_alloc&) {
    return {TaskOutcome::Kind::killed, "out of memory", 0, 0};
  } catch (const std::exception& e) {
    outcome.kind = TaskOutcome::Kind::failed;
    outcome.message = e.what();
    result = {{"version", version}, {"error", e.what()}};
  }
  try {
    if (outcome.kind == TaskOutcome::Kind::done)
      write_file(folder.scenario_file(task.key), to_yaml(resolved(task.scenario, common.parts)));
    result["key"] = task.key;
    result = sealed(std::move(result));
    write_file(folder.result_file(task.key), result.dump(1, ' ', false, Json::error_handler_t::replace) + '\n');
  } catch (const std::exception& e) {
    outcome.kind = TaskOutcome::Kind::cannot_go;
    outcome.message = e.what();
  }
  outcome.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return outcome;
}

/// Tasks of this shard: every n-th point, so that shards of a grid are alike.
std::set<std::size_t> own_tasks(const SweepPlan& plan, const SweepOptions& options) {
  std::set<std::size_t> tasks;
  for (std::size_t p = 0; p < plan.points.size(); ++p) {
    if (options.shards > 0 &&
        p % static_cast<std::size_t>(options.shards) + 1 != static_cast<std::size_t>(options.shard))
      continue;
    tasks.insert(plan.points[p].tasks.begin(), plan.points[p].tasks.end());
  }
  return tasks;
}

void write_results(const SweepFolder& folder, const ResultTable& table) {
  write_file(folder.file("results.csv"), to_csv(table));
  write_file(folder.file("results.json"), to_json(table));
}

ResultTable table_of(const SweepFolder& folder, const Json& plan) {
  return result_table(plan, [&](const std::string& key) { return read_result(folder, key); });
}

void write_manifest(const SweepFolder& folder, const SweepPlan& plan, const SweepOptions& options,
                    const std::string& started, const SweepSummary* summary, int workers) {
  std::array<char, 256> host{};
  gethostname(host.data(), host.size() - 1);
  Json json;
  json["sweep"] = plan.name;
  json["file"] = std::filesystem::absolute(options.file).lexically_normal().string();
  json["version"] = version;
  json["definition"] = plan.definition;
  json["seed"] = plan.seed;
  json["host"] = host.data();
  json["workers"] = workers;
  json["points"] = plan.points.size();
  json["dropped"] = plan.dropped;
  json["simulations"] = plan.tasks.size();
  json["started"] = started;
  json["finished"] = nullptr;
  if (summary != nullptr) {
    json["finished"] = now_text();
    json["reused"] = summary->reused;
    json["simulated"] = summary->simulated;
    json["failed"] = summary->failed;
    json["lost"] = summary->lost;
    json["stopped_by_signal"] = summary->signal;
    json["wall_s"] = summary->wall_s;
    json["worker_cpu_use"] = summary->cpu_use;
  }
  const std::string name = options.shards > 0 ? fmt::format("manifest-{}-of-{}.json", options.shard, options.shards)
                                              : std::string{"manifest.json"};
  write_file(folder.file(name), json.dump(1) + '\n');
}

}  // namespace

std::optional<Json> read_result(const SweepFolder& folder, const std::string& key) {
  auto json = read_json(folder.result_file(key));
  if (!json || !is_sound(*json, key)) return {};  // cut short by a power failure, or changed by hand
  return json;
}

void settle_plan(const SweepFolder& folder, const SweepPlan& plan, bool replace) {
  const std::string text = plan_json(plan).dump() + '\n';
  auto old = read_json(folder.file("plan.json"));
  if (is_there(folder.file("plan.json")) && (!old || !is_plan(*old))) {
    report_damaged_plan(folder);
    old.reset();
  }
  if (old && old->value("definition", "") != plan.definition && !replace) {
    throw ConfigError(
        fmt::format("{}: holds another sweep ({}); give another folder with --out, or --replace to put {} "
                    "in its place (results that both need are kept)",
                    folder.path(), old->value("sweep", "unnamed"), plan.name));
  }
  if (old && old->dump() + '\n' == text) return;
  if (!folder.alone()) {
    throw ConfigError(
        fmt::format("{}: other shards are at work in it with another version of the program, the data "
                    "files or the prices",
                    folder.path()));
  }
  write_file(folder.file("plan.json"), text);
}

/// Own tasks that have no whole result yet, or failed and are to be tried again.
std::vector<std::size_t> missing_tasks(const SweepFolder& folder, const SweepPlan& plan,
                                       const std::set<std::size_t>& own, bool retry) {
  std::vector<std::size_t> missing;
  std::vector<std::string> damaged;
  for (const auto task : own) {
    const std::string& key = plan.tasks[task].key;
    const auto result = read_result(folder, key);
    if (!result && is_there(folder.result_file(key))) damaged.push_back(key);
    if (!result || (retry && result->contains("error"))) missing.push_back(task);
  }
  report_damaged(folder, damaged, "simulated anew");
  return missing;
}

PoolOptions pool_of(const SweepOptions& options) {
  PoolOptions pool;
  pool.workers =
      options.workers > 0 ? options.workers : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  pool.memory_bytes = options.memory_bytes > 0 ? options.memory_bytes : 0.8 * available_memory();
  return pool;
}

namespace {

SweepSummary summary_of(const SweepPlan& plan, const SweepOptions& options) {
  SweepSummary summary;
  summary.name = plan.name;
  summary.dropped = plan.dropped;
  summary.folder = options.folder.empty() ? "results/" + plan.name : options.folder;
  return summary;
}

void add_report(SweepSummary& summary, const PoolReport& report, std::size_t tasks, int workers) {
  summary.lost = report.lost.size();
  summary.signal = report.signal;
  summary.wall_s = report.wall_s;
  const auto used = std::min(workers, static_cast<int>(tasks));
  summary.cpu_use = used > 0 ? report.cpu_s / (report.wall_s * used) : 0;
}

/// Counts each task that is done, and shows how far the sweep is.
std::function<void(std::size_t, const TaskOutcome&)> counting(SweepSummary& summary, SweepProgress& progress) {
  return [&](std::size_t, const TaskOutcome& outcome) {
    const bool failed = outcome.kind == TaskOutcome::Kind::failed;
    ++summary.simulated;
    if (failed) ++summary.failed;
    progress.add(failed, outcome.tpot_ms);
  };
}

/// Reading a platform file takes an engine of SimGrid, and a process has one.
bool reads_platforms(const SweepPlan& plan) {
  return std::any_of(plan.tasks.begin(), plan.tasks.end(),
                     [](const SweepTask& task) { return task.scenario.find("platform") != nullptr; });
}

}  // namespace

SweepSummary run_sweep(const SweepOptions& options) {
  SweepPlan plan = read_sweep(options.file, options.sets, options.prices, options.binding);
  const CostLists lists = read_cost_lists(options.prices);
  SweepSummary summary = summary_of(plan, options);
  const bool sharded = options.shards > 0;
  SweepFolder folder{summary.folder,
                     {sharded ? FolderUse::Kind::shard : FolderUse::Kind::sweep, options.shard, options.shards}};
  settle_plan(folder, plan, options.replace);
  if (folder.alone()) folder.sweep_up();
  if (sharded) folder.share();

  const auto own = own_tasks(plan, options);
  const auto missing = missing_tasks(folder, plan, own, options.retry);
  summary.reused = own.size() - missing.size();
  const PoolOptions pool = pool_of(options);
  const std::string started = now_text();
  write_manifest(folder, plan, options, started, nullptr, pool.workers);

  SweepProgress progress{own.size(), summary.reused};
  InCommon common;
  common.drawn->keep_choices();
  common.parts = std::move(plan.parts);
  const bool keeps_engine = !reads_platforms(plan);
  const PoolReport report = run_pool(
      missing, pool,
      [&](std::size_t task, bool again) {
        if (!again && keeps_engine) keep_engine();  // or in a child, whose death has a reason that can be recorded
        return do_task(plan.tasks[task], plan, folder, lists, common);
      },
      counting(summary, progress));
  const SignalsHeld held;
  progress.clear();
  if (folder.alone()) folder.sweep_up();
  if (!report.cannot_go.empty()) throw ConfigError(report.cannot_go);
  add_report(summary, report, missing.size(), pool.workers);
  if (!sharded) {
    summary.table = table_of(folder, plan_json(plan));
    write_results(folder, summary.table);
  }
  write_manifest(folder, plan, options, started, &summary, pool.workers);
  return summary;
}

SweepSummary collect_sweep(const std::string& path) {
  const SweepFolder folder{path, {FolderUse::Kind::read, 0, 0}};
  const auto plan = read_json(folder.file("plan.json"));
  if (!plan || !is_plan(*plan))
    throw ConfigError(folder.file("plan.json") + ": is damaged; the sweep's own command writes it anew");
  SweepSummary summary;
  summary.folder = path;
  summary.name = plan->value("sweep", "");
  std::vector<std::string> damaged;
  for (const auto& point : plan->at("points"))
    for (const auto& key : point.at("keys"))
      if (is_there(folder.result_file(key)) && !read_result(folder, key)) damaged.push_back(key);
  report_damaged(folder, damaged, "left out (the sweep's own command simulates it anew)");
  summary.table = table_of(folder, *plan);
  write_results(folder, summary.table);
  return summary;
}

}  // namespace teapot
