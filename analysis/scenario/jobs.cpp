// Makes a scenario of each job, and gives it its nodes.
// Does not know what a job runs.

#include "analysis/scenario/jobs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "analysis/scenario/scenario_network.hpp"
#include "analysis/scenario/tree_edit.hpp"
#include "topologies/allocation.hpp"
#include "topologies/topology.hpp"

namespace teapot {
namespace {

constexpr int most_jobs = 64;

Tree list_tree(const std::vector<int>& numbers) {
  Tree tree;
  tree.kind = Tree::Kind::sequence;
  for (const int number : numbers) tree.items.push_back(scalar(fmt::format("{}", number)));
  return tree;
}

Tree without(Tree tree, const std::string& key) {
  erase(tree, key);
  return tree;
}

/// The scenario of a job before it has nodes; `common` is what all jobs have.
Tree tree_of(const Config& job, const Tree& common) {
  if (!job.is_mapping()) job.fail("expected a mapping with the keys of a scenario");
  for (const char* shared : {"fabric", "platform", "jobs", "simulation"}) {
    if (job.tree().find(shared) != nullptr) job.at(shared).fail("is one for all jobs: write it beside `jobs`");
  }
  Tree tree = overlay(common, without(job.tree(), "name"));
  set_path(tree, "simulation.replicas", scalar("all"));  // each contends for itself
  return tree;
}

void require_decode(const Config& at, const Scenario& scenario) {
  if (scenario.phase != Phase::decode) at.fail("jobs decode: `phase` is for a scenario of one");
  if (scenario.depth != NetworkDepth::collective) at.fail("jobs are simulated at depth `collective` alone");
  if (scenario.host) at.fail("jobs have no hosts: what lies in memory of a host is for a scenario of one");
  if (scenario.compute == ComputeDepth::as_communication)
    at.fail("`compute: as-communication` is for a scenario of one");
}

std::string name_of_job(const Config& job, std::size_t number, std::set<std::string>& names) {
  const std::string name =
      job.is_mapping() ? job.get_or<std::string>("name", fmt::format("job {}", number + 1)) : std::string{};
  if (job.is_mapping() && !names.insert(name).second) job.fail(fmt::format("another job is called \"{}\"", name));
  return one_line(name, 40);
}

/// Its scenario by itself, read twice: by whoever knows how many GPUs it has, and on the nodes that it gets.
Job read_job(const Config& at, const Tree& common, const std::string& name, const Fabric& fabric, std::set<int>& taken,
             PartReader& parts) {
  Job job;
  job.name = name;
  Tree tree = tree_of(at, common);
  Tree anywhere = tree;
  for (auto& entry : anywhere.entries) {
    if (entry.key == "deployment") erase(entry.value, "placement");
  }
  const Scenario unplaced = read_scenario(anywhere, name);
  require_decode(at, unplaced);
  const Config config{tree};
  job.nodes = read_allocation(config.section("deployment"), fabric, unplaced.layout.gpus, unplaced.seed, taken);
  taken.insert(job.nodes.begin(), job.nodes.end());
  set_path(tree, "deployment.placement", list_tree(job.nodes));
  job.scenario = read_scenario(tree, name, parts);
  return job;
}

}  // namespace

bool has_jobs(const Tree& scenario) { return scenario.find("jobs") != nullptr; }

About jobs_about() {
  return {
      "Several deployments that decode on one fabric at once, for `run`: each the keys of a scenario over those "
      "beside `jobs`, and `name`",
      "[{name: chat, deployment: {gpus: 128}}, {name: code, deployment: {gpus: 64}}]", "none"};
}

void note_jobs(const Config& config) {
  config.has("jobs", jobs_about());
  config.at("jobs").items();
}

JobsScenario read_jobs(const Tree& tree, const std::string& name) {
  JobsScenario all;
  all.name = name;
  const Config config{tree};
  const std::vector<Config> items = config.at("jobs").items();
  if (items.empty()) config.at("jobs").fail("no job is in the list");
  if (items.size() > most_jobs) config.at("jobs").fail(fmt::format("more than {} jobs", most_jobs));
  if (config.has("platform")) config.at("platform").fail("jobs share a `fabric`");
  const Tree common = without(tree, "jobs");
  PartReader parts;
  all.fabric = name_of(config, "fabric", "h800-mpft");
  const Fabric fabric =
      build_fabric(config.in_place_of("fabric", parts.named(config, "fabric", "topologies", "fabric", "h800-mpft")));
  std::set<std::string> names;
  std::set<int> taken;
  std::vector<int> gpus;
  for (std::size_t i = 0; i < items.size(); ++i) {
    all.jobs.push_back(read_job(items[i], common, name_of_job(items[i], i, names), fabric, taken, parts));
    const std::vector<int> own = gpus_of(fabric, all.jobs.back().nodes, all.jobs.back().scenario.layout.gpus);
    gpus.insert(gpus.end(), own.begin(), own.end());
  }
  all.network = on_gpus(fabric, gpus);
  return all;
}

}  // namespace teapot
