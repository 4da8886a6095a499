// Simulates each job alone, then all at once until each has ended a step while the others ran.
// Does not know what the jobs are.

#include "analysis/run/jobs_run.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>

#include "analysis/run/run.hpp"
#include "sim/index.hpp"
#include "sim/memory_limit.hpp"
#include "sim/side_by_side.hpp"

namespace teapot {
namespace {

Bytes carried(const Timeline& timeline) {
  Bytes sum;
  for (const LinkUse& link : timeline.links) sum += link.bytes;
  return sum;
}

/// Links by name, since each job's network numbers its own.
using Uses = std::map<std::string, std::vector<double>>;

void note_use(Uses& uses, std::size_t job, std::size_t jobs, const Network& network, const Timeline& timeline) {
  for (std::size_t l = 0; l < timeline.links.size(); ++l) {
    if (!(timeline.links[l].busy > Seconds{})) continue;
    auto& use = uses[network.links[l].name];
    use.resize(jobs);
    use[job] = timeline.links[l].busy / timeline.step;
  }
}

double sum_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum;
}

void find_shared(const Uses& uses, JobsResult& result) {
  for (const auto& [name, use] : uses) {
    if (std::count_if(use.begin(), use.end(), [](double part) { return part > 0; }) < 2) continue;
    ++result.shared_links;
    if (sum_of(use) > sum_of(result.busiest.use)) result.busiest = {name, use};
  }
}

JobResult alone(const Job& job, const Run& run) {
  JobResult result;
  result.step_alone = run.timeline.step;
  result.tokens_per_step = job.scenario.speculation.tokens_per_step;
  result.requests_per_gpu = job.scenario.requests_per_any_gpu();
  result.link_bytes = carried(run.timeline);
  return result;
}

/// When each step of each job ends, all beside one another.
struct Ends {
  std::vector<std::vector<double>> by_job;
  Bytes bytes;
};

Ends simulate_together(const JobsScenario& scenario, const std::vector<Program>& programs,
                       const std::vector<int>& times, const std::function<void(double)>& progress) {
  std::vector<Repeated> repeated;
  double operators = 0;
  int ranks = 0;
  for (std::size_t j = 0; j < programs.size(); ++j) {
    repeated.push_back({&programs[j], times[j]});
    operators += times[j] * static_cast<double>(programs[j].operators.size());
    ranks += programs[j].ranks;
  }
  require_memory("the steps of all jobs beside one another", 2 * 2 * sizeof(double) * operators * ranks);
  const SideBySide all = side_by_side(repeated);
  SimulationOptions options;
  options.progress = progress;
  const Timeline timeline = simulate(all.program, scenario.network, options);
  Ends ends;
  for (std::size_t j = 0; j < programs.size(); ++j) {
    std::vector<double> of_job;
    for (const int op : all.ends[j]) of_job.push_back(timeline.end(op, all.first_rank[j]).value);
    ends.by_job.push_back(std::move(of_job));
  }
  ends.bytes = carried(timeline);
  return ends;
}

/// Until when all jobs must run: the first step of the one that ends it last.
double last_first(const Ends& ends) {
  double last = 0;
  for (const auto& job : ends.by_job) last = std::max(last, job.front());
  return last;
}

/// More steps for the jobs that ran out of them before `until`; whether any did.
bool lengthen(const Ends& ends, double until, std::vector<int>& times) {
  bool more = false;
  for (std::size_t j = 0; j < times.size(); ++j) {
    const double end = ends.by_job[j].back();
    if (end >= until) continue;
    times[j] += std::max(1, static_cast<int>(std::ceil((until - end) / (end / times[j]))));
    more = true;
  }
  return more;
}

}  // namespace

JobsResult run_jobs(const JobsScenario& scenario, const std::function<void(double fraction)>& progress) {
  const auto begin = std::chrono::steady_clock::now();
  JobsResult result;
  std::vector<Program> programs;
  Uses uses;
  double longest = 0;
  for (std::size_t j = 0; j < scenario.jobs.size(); ++j) {
    Run one = run(scenario.jobs[j].scenario);
    result.jobs.push_back(alone(scenario.jobs[j], one));
    note_use(uses, j, scenario.jobs.size(), scenario.jobs[j].scenario.network, one.timeline);
    longest = std::max(longest, one.timeline.step.value);
    programs.push_back(std::move(one.program));
  }
  find_shared(uses, result);
  std::vector<int> times;
  for (const JobResult& job : result.jobs)
    times.push_back(static_cast<int>(std::ceil(longest / job.step_alone.value * (1 - 1e-9))));
  Ends ends = simulate_together(scenario, programs, times, progress);
  while (lengthen(ends, last_first(ends), times)) ends = simulate_together(scenario, programs, times, progress);
  const double until = last_first(ends);
  for (std::size_t j = 0; j < times.size(); ++j) {
    JobResult& job = result.jobs[j];
    const auto& own = ends.by_job[j];
    job.simulated = times[j];
    job.steps = static_cast<int>(std::count_if(own.begin(), own.end(), [&](double end) { return end <= until; }));
    job.step_together = Seconds{own[at(job.steps) - 1] / job.steps};
  }
  result.link_bytes = ends.bytes;
  result.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return result;
}

}  // namespace teapot
