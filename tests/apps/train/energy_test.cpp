// Meters: packages of a made-up powercap folder, and a GPU of a made-up driver.
#include <gmock/gmock.h>

#include <cmath>
#include <cstdlib>

#include "jest/io/atomic_file.hpp"
#include "oracle/temporary_folder.hpp"
#include "train/energy/gpu_energy.hpp"
#include "train/energy/package_energy.hpp"
#include "train/energy/run_energy.hpp"
#include "train/small_training.hpp"

namespace jest::apps::train {
namespace {

using ::testing::HasSubstr;

class Powercap : public ::testing::Test {
 protected:
  struct Zone {
    const char* folder;
    const char* name;
  };

  void SetUp() override {
    for (const Zone& zone : {Zone{"intel-rapl:0", "package-0"}, Zone{"intel-rapl:0:0", "core"},
                             Zone{"intel-rapl:1", "package-1"}, Zone{"intel-rapl:2", "psys"},
                             Zone{"intel-rapl-mmio:0", "package-0"}}) {
      std::filesystem::create_directories(folder_.file(zone.folder));
      write_file(folder_.file(zone.folder) / "name", text(zone.name, "\n"));
      write_file(folder_.file(zone.folder) / "max_energy_range_uj", "262143328850\n");
      set(zone.folder, 5'000'000);
    }
    std::filesystem::create_directories(folder_.file("intel-rapl"));
  }
  void set(const char* zone, std::uint64_t microjoules) {
    write_file(folder_.file(zone) / "energy_uj", text(microjoules, "\n"));
  }

  oracle::TemporaryFolder folder_;
};

TEST_F(Powercap, PackagesAloneAreAddedUp) {
  PackageEnergy energy(folder_.file(""));
  EXPECT_EQ(energy.missing(), "");
  EXPECT_EQ(energy.joules(), 0);
  set("intel-rapl:0", 7'500'000);
  for (const char* other : {"intel-rapl:0:0", "intel-rapl:2", "intel-rapl-mmio:0"}) {
    set(other, 900'000'000);
  }
  EXPECT_DOUBLE_EQ(energy.joules(), 2.5);
  set("intel-rapl:1", 6'000'000);
  EXPECT_DOUBLE_EQ(energy.joules(), 3.5);
}

TEST_F(Powercap, ACounterThatStartsAgainGoesOn) {
  set("intel-rapl:0", 262'143'000'000);
  PackageEnergy energy(folder_.file(""));
  set("intel-rapl:0", 1'000'000);
  EXPECT_NEAR(energy.joules(), 1.32885, 1e-9);
  set("intel-rapl:0", 2'000'000);
  EXPECT_NEAR(energy.joules(), 2.32885, 1e-9);
}

TEST_F(Powercap, WhatCannotBeReadIsNoMeter) {
  EXPECT_EQ(PackageEnergy(folder_.file("absent")).missing(),
            "no package in " + folder_.file("absent").string());
  const auto file = folder_.file("intel-rapl:1") / "energy_uj";
  std::filesystem::remove(file);
  std::filesystem::create_directory(file);  // root reads any file
  PackageEnergy energy(folder_.file(""));
  EXPECT_EQ(energy.missing(), file.string() + ": Is a directory");
}

TEST_F(Powercap, ACounterThatIsLostMakesTheSumUnknown) {
  PackageEnergy energy(folder_.file(""));
  write_file(folder_.file("intel-rapl:1") / "energy_uj", "many\n");
  EXPECT_TRUE(std::isnan(energy.joules()));
  set("intel-rapl:1", 6'000'000);
  EXPECT_TRUE(std::isnan(energy.joules()));
}

TEST_F(Powercap, IsFoundByTheEnvironment) {
  ::setenv("JEST_POWERCAP", folder_.file("").c_str(), 1);
  const RunEnergy found = find_meters("cpu");
  ::setenv("JEST_POWERCAP", folder_.file("absent").c_str(), 1);
  const RunEnergy none = find_meters("cpu");
  ::unsetenv("JEST_POWERCAP");
  set("intel-rapl:0", 7'500'000);
  EXPECT_DOUBLE_EQ(found.joules(), 2.5);
  EXPECT_EQ(describe_energy(found).dump(),
            R"json({"meter":"processor packages (RAPL)","not_counted":[]})json");
  EXPECT_TRUE(std::isnan(none.joules()));
  EXPECT_TRUE(describe_energy(none)["meter"].is_null());
  EXPECT_THAT(none.not_counted.at(0), HasSubstr("processor packages (RAPL): no package in "));
}

TEST(GpuEnergy, OfTheDeviceThatCudaNames) {
  GpuEnergy energy(1, {.nvml = JEST_FAKE_DRIVER, .cuda = JEST_FAKE_DRIVER});
  EXPECT_EQ(energy.missing(), "");
  const double before = energy.joules();
  EXPECT_DOUBLE_EQ(energy.joules() - before, 1.5);  // 1500 mJ a look
}

TEST(GpuEnergy, WithoutADriverOrADeviceIsNoMeter) {
  GpuEnergy none(0, {.nvml = "libjest-no-such-driver.so"});
  EXPECT_THAT(none.missing(), HasSubstr("libjest-no-such-driver.so"));
  EXPECT_TRUE(std::isnan(none.joules()));
  EXPECT_EQ(GpuEnergy(7, {.nvml = JEST_FAKE_DRIVER, .cuda = JEST_FAKE_DRIVER}).missing(),
            "cuDeviceGet answers 101");
}

/// Joules of `steps` steps by a meter that shows one more at every look.
double joules_of(const TrainerSpec& spec) {
  testing::Training training;
  training.train(spec);
  return training.state.joules;
}

EnergyMeter counting(const char* name) {
  return {name, [looks = 0.0]() mutable { return ++looks; }};
}

TEST(TrainerEnergy, IsOfTheStepsAndGoesOnAfterAResume) {
  oracle::TemporaryFolder folder;
  TrainerSpec spec{.steps = 6, .checkpoint_every = 6};
  spec.meter = counting("one");
  EXPECT_EQ(joules_of(spec), 6);  // a look before and one behind each
  spec.checkpoints = folder.file("c");
  EXPECT_EQ(joules_of(spec), 6);
  spec.steps = 9;
  EXPECT_EQ(joules_of(spec), 9);
}

TEST(TrainerEnergy, IsUnknownWhereNoMeterOrAnotherCountedAPart) {
  for (const char* second : {"", "another"}) {
    oracle::TemporaryFolder folder;
    TrainerSpec spec{.steps = 6, .checkpoint_every = 6};
    spec.checkpoints = folder.file("c");
    spec.meter = counting("one");
    EXPECT_EQ(joules_of(spec), 6);
    spec.steps = 9;
    spec.meter = *second == '\0' ? EnergyMeter{} : counting(second);
    EXPECT_TRUE(std::isnan(joules_of(spec)));
    spec.steps = 12;
    spec.meter = counting("one");
    EXPECT_TRUE(std::isnan(joules_of(spec)));
  }
}

}  // namespace
}  // namespace jest::apps::train
