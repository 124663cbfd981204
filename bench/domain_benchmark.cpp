// How long the domain takes to decide, without actors, store or network.
#include "domain/section.hpp"
#include "domain/waiting_room.hpp"

#include <benchmark/benchmark.h>

#include <malloc.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace usher::domain;

constexpr std::uint32_t seats_in_row = 25;

const section_terms terms{.prices = {8950}, .hold_ttl = seconds{300}, .refuse_orphans = false};
const instant later{seconds{1'000'000}};

/// A UUID, as many shops name their buyers.
buyer_id buyer_number(std::uint64_t n) {
  auto digits = std::to_string(n);
  return buyer_id{std::string(36 - digits.size(), '0') + digits};
}

/// Spread over all bits, like drawn ids.
hold_id hold_number(std::uint64_t n) {
  return {.high = n * 0x9e3779b97f4a7c15ULL, .low = n * 0xbf58476d1ce4e5b9ULL + 1};
}

section seated(std::uint32_t seats) {
  section_plan plan{.id = "stalls", .name = "Stalls"};
  for (std::uint32_t i = 0; i < seats; ++i) {
    auto row = i / seats_in_row;
    if (i % seats_in_row == 0)
      plan.rows.push_back(std::to_string(row));
    plan.seats.push_back({.guid = std::to_string(i),
                          .number = std::to_string(i % seats_in_row),
                          .row = static_cast<std::uint16_t>(row),
                          .position = {.x = double(i % seats_in_row), .y = double(row)}});
  }
  std::vector<section_plan> sections;
  sections.push_back(std::move(plan));
  return {std::make_shared<const seating_plan>("hall", std::vector<std::string>{"all"}, std::move(sections)),
          section_no{0}};
}

section general(std::uint32_t capacity) {
  std::vector<section_plan> sections{{.id = "floor", .name = "Floor", .general_capacity = capacity}};
  return {std::make_shared<const seating_plan>("hall", std::vector<std::string>{"all"}, std::move(sections)),
          section_no{0}};
}

seats_wish pair_at(std::uint32_t first) {
  return {{seat_no{first}, seat_no{first + 1}}};
}

/// Holds all pairs of seats from the first up to, but not including, `end`.
void fill(section& x, std::uint32_t end) {
  for (std::uint32_t i = 0; i + 1 < end; i += 2)
    x.apply(*granted(x.hold(hold_number(i), buyer_number(i), pair_at(i), 1, terms, later)));
}

void hold_two_named_seats(benchmark::State& state) {
  auto here = seated(500);
  fill(here, 250);
  auto buyer = buyer_number(1);
  wish wanted = pair_at(300);
  std::uint64_t n = 1'000'000;
  for (auto _ : state)
    benchmark::DoNotOptimize(here.hold(hold_number(++n), buyer, wanted, 1, terms, later));
}
BENCHMARK(hold_two_named_seats);

void refuse_two_taken_seats(benchmark::State& state) {
  auto here = seated(500);
  fill(here, 250);
  auto buyer = buyer_number(1);
  wish wanted = pair_at(100);
  std::uint64_t n = 1'000'000;
  for (auto _ : state)
    benchmark::DoNotOptimize(here.hold(hold_number(++n), buyer, wanted, 1, terms, later));
}
BENCHMARK(refuse_two_taken_seats);

void hold_two_named_seats_without_orphans(benchmark::State& state) {
  auto here = seated(500);
  fill(here, 250);
  auto careful = terms;
  careful.refuse_orphans = true;
  auto buyer = buyer_number(1);
  wish wanted = pair_at(250);
  std::uint64_t n = 1'000'000;
  for (auto _ : state)
    benchmark::DoNotOptimize(here.hold(hold_number(++n), buyer, wanted, 1, careful, later));
}
BENCHMARK(hold_two_named_seats_without_orphans);

/// The argument is the share of taken seats in percent.
void hold_best_two(benchmark::State& state) {
  auto here = seated(500);
  fill(here, static_cast<std::uint32_t>(5 * state.range(0)));
  auto buyer = buyer_number(1);
  wish wanted = best_wish{.quantity = 2};
  std::uint64_t n = 1'000'000;
  for (auto _ : state)
    benchmark::DoNotOptimize(here.hold(hold_number(++n), buyer, wanted, 1, terms, later));
}
BENCHMARK(hold_best_two)->Arg(0)->Arg(50)->Arg(98);

void hold_two_of_a_floor(benchmark::State& state) {
  auto here = general(10'000);
  auto buyer = buyer_number(1);
  wish wanted = quantity_wish{2};
  std::uint64_t n = 1'000'000;
  for (auto _ : state)
    benchmark::DoNotOptimize(here.hold(hold_number(++n), buyer, wanted, 1, terms, later));
}
BENCHMARK(hold_two_of_a_floor);

/// One round: a hold of two seats begins and ends.
void apply_hold_and_end(benchmark::State& state) {
  auto here = seated(500);
  fill(here, 250);
  seats_held held{hold_number(1'000'000), buyer_number(1), {{seat_no{300}, 8950}, {seat_no{301}, 8950}}, later, 1};
  std::uint64_t n = 1'000'000;
  for (auto _ : state) {
    held.hold = hold_number(++n);
    here.apply(held);
    here.apply(hold_ended{held.hold, hold_end::released});
  }
}
BENCHMARK(apply_hold_and_end);

void admit_from_a_line(benchmark::State& state) {
  constexpr int people = 200'000;
  for (auto _ : state) {
    state.PauseTiming();
    waiting_room room{{.admission_per_s = 100'000}};
    instant now{seconds{1}};
    for (int i = 0; i < people; ++i) {
      while (auto needed = room.numbers_needed())
        room.apply(*needed);
      auto buyer = buyer_number(static_cast<std::uint64_t>(i));
      benchmark::DoNotOptimize(room.join(buyer, now));
      room.connected(buyer, 0);
    }
    state.ResumeTiming();
    while (room.totals().present > 0) {
      now += std::chrono::milliseconds{10};
      benchmark::DoNotOptimize(room.admit(now));
    }
  }
  state.SetItemsProcessed(state.iterations() * people);
}
BENCHMARK(admit_from_a_line)->Unit(benchmark::kMillisecond);

/// What the allocator has given out, including large separate blocks.
std::size_t bytes_in_use() {
  auto all = mallinfo2();
  return all.uordblks + all.hblkhd;
}

/// Two million people who are present by connection (0) or by polling (1), with UUIDs for names.
void remember_two_million_people(benchmark::State& state) {
  constexpr std::uint64_t people = 2'000'000;
  double bytes = 0;
  for (auto _ : state) {
    auto before = bytes_in_use();
    waiting_room room{{}};
    instant now{seconds{1}};
    for (std::uint64_t i = 0; i < people; ++i) {
      while (auto needed = room.numbers_needed())
        room.apply(*needed);
      auto buyer = buyer_number(i);
      benchmark::DoNotOptimize(room.join(buyer, now));
      if (state.range(0) == 0)
        room.connected(buyer, 0);
      else
        room.touch(buyer, now, seconds{60});
    }
    bytes = static_cast<double>(bytes_in_use() - before);
  }
  state.counters["bytes_per_person"] = bytes / people;
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(people));
}
BENCHMARK(remember_two_million_people)->Arg(0)->Arg(1)->Iterations(1)->Unit(benchmark::kMillisecond);

void tell_the_place_of_the_last_of_two_million(benchmark::State& state) {
  waiting_room room{{}};
  instant now{seconds{1}};
  buyer_id last;
  for (std::uint64_t i = 0; i < 2'000'000; ++i) {
    while (auto needed = room.numbers_needed())
      room.apply(*needed);
    last = buyer_number(i);
    benchmark::DoNotOptimize(room.join(last, now));
    room.connected(last, 0);
  }
  for (auto _ : state)
    benchmark::DoNotOptimize(room.place_of(last));
}
BENCHMARK(tell_the_place_of_the_last_of_two_million);

/// A section's journal of 50,000 facts: half of them holds, half of them sales.
void replay_fifty_thousand_facts(benchmark::State& state) {
  constexpr std::uint32_t seats = 50'000;
  auto empty = seated(seats);
  std::vector<fact> journal;
  auto writer = empty;
  for (std::uint32_t i = 0; i < seats; i += 2) {
    auto held = *granted(writer.hold(hold_number(i), buyer_number(i), pair_at(i), 1, terms, later));
    writer.apply(held);
    journal.emplace_back(held);
    auto sold = *granted(writer.sell(held.hold, order_id{1, i}, held.buyer, held.seats));
    writer.apply(sold);
    journal.emplace_back(sold);
  }
  for (auto _ : state) {
    auto here = empty;
    for (const auto& x : journal)
      here.apply(x);
    benchmark::DoNotOptimize(here.totals());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(journal.size()));
}
BENCHMARK(replay_fifty_thousand_facts)->Unit(benchmark::kMillisecond);

} // namespace

BENCHMARK_MAIN();
