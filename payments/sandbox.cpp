#include "payments/sandbox.hpp"

#include "domain/ensure.hpp"

#include <algorithm>
#include <utility>

namespace usher::payments {

namespace {

/// Mixes one more value into a digest (splitmix64's finisher).
std::uint64_t mix(std::uint64_t digest, std::uint64_t value) {
  auto x = digest + 0x9e3779b97f4a7c15ULL + value;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

std::uint64_t mix(std::uint64_t digest, std::string_view text) {
  for (auto character : text)
    digest = mix(digest, static_cast<unsigned char>(character));
  return digest;
}

/// The number of calls is remembered for this many keys; above that, each call counts as its key's first again.
constexpr std::size_t keys_max = 1'000'000;

/// Makes a heap whose top is due first.
constexpr auto later = [](const auto& a, const auto& b) { return a.due > b.due; };

constexpr std::array<const char*, 3> step_names{"charge", "status", "refund"};

sandbox_settings checked(sandbox_settings settings) {
  domain::ensure(settings.decline_rate >= 0 && settings.decline_rate <= 1, "a decline rate is 0 to 1");
  domain::ensure(settings.failure_rate >= 0 && settings.failure_rate < 1, "a failure rate is 0 to below 1");
  return settings;
}

} // namespace

sandbox::sandbox(sandbox_settings settings)
    : settings_(checked(std::move(settings))),
      ledger_(settings_.ledger ? sandbox_ledger{*settings_.ledger} : sandbox_ledger{}), thread_([this] { run(); }) {}

sandbox::~sandbox() {
  close();
}

void sandbox::charge(const charge_request& request, completion done) {
  enqueue(step::charge, request, std::move(done));
}

void sandbox::status(const std::string& key, completion done) {
  enqueue(step::status, {key, {}, {}}, std::move(done));
}

void sandbox::refund(const std::string& key, completion done) {
  enqueue(step::refund, {key, {}, {}}, std::move(done));
}

void sandbox::close() {
  {
    std::lock_guard lock{mutex_};
    closed_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable())
    thread_.join();
}

void sandbox::enqueue(step what, charge_request request, completion done) {
  {
    std::lock_guard lock{mutex_};
    if (calls_.size() < settings_.calls_max && !closed_) {
      if (attempts_.size() >= keys_max)
        attempts_.clear();
      auto attempt = attempts_[request.key][static_cast<std::size_t>(what)]++;
      auto share = 0.5 + draw("delay", request.key, attempt);
      auto delay = std::chrono::duration_cast<std::chrono::nanoseconds>(settings_.delay_mean * share);
      calls_.push_back({std::chrono::steady_clock::now() + delay, what, std::move(request), attempt, std::move(done)});
      std::push_heap(calls_.begin(), calls_.end(), later);
      done = nullptr;
    }
  }
  if (done)
    done({outcome::unknown, "it is closing, or has too many payments under way"});
  else
    changed_.notify_one();
}

void sandbox::run() {
  std::unique_lock lock{mutex_};
  while (!closed_) {
    if (calls_.empty()) {
      changed_.wait(lock);
    } else if (auto due = calls_.front().due; std::chrono::steady_clock::now() < due) {
      changed_.wait_until(lock, due);
    } else {
      std::pop_heap(calls_.begin(), calls_.end(), later);
      auto next = std::move(calls_.back());
      calls_.pop_back();
      lock.unlock();
      next.done(carry_out(next));
      lock.lock();
    }
  }
  auto rest = std::exchange(calls_, {});
  lock.unlock();
  for (auto& each : rest)
    each.done({outcome::unknown, "the provider is closing"});
}

answer sandbox::carry_out(const call& what) {
  try {
    auto lost = loss_of(what);
    if (lost == loss::before)
      return {outcome::unknown, "the provider did not answer"};
    auto result = move_money(what);
    if (lost == loss::after)
      return {outcome::unknown, "the provider did not answer"};
    return result;
  } catch (const std::exception& problem) {
    // The caller knows the request, and logs this.
    return {outcome::unknown, std::string{"the provider has a problem: "} + problem.what()};
  }
}

answer sandbox::move_money(const call& what) {
  switch (what.what) {
    case step::charge:
      return charge_once(what.request);
    case step::status:
      return {ledger_.find(what.request.key) ? outcome::succeeded : outcome::never_asked, {}};
    case step::refund:
      if (ledger_.refund(what.request.key))
        return {outcome::succeeded, {}};
      return {outcome::declined, "there is no such charge"};
  }
  domain::ensure(false, "a call is a charge, a status or a refund");
  return {};
}

answer sandbox::charge_once(const charge_request& request) {
  // A charged key stays charged, whatever method a repeat names.
  if (!ledger_.find(request.key)) {
    if (is_declined(request))
      return {outcome::declined, "the card was declined"};
    ledger_.charge(request.key, request.amount);
  }
  return {outcome::succeeded, {}};
}

bool sandbox::is_magic(const charge_request& request) const {
  return settings_.magic_methods && request.method.starts_with("sandbox-");
}

bool sandbox::is_declined(const charge_request& request) const {
  if (is_magic(request))
    return request.method == sandbox_method::declined;
  return draw("decline", request.key, 0) < settings_.decline_rate;
}

sandbox::loss sandbox::loss_of(const call& what) const {
  if (is_magic(what.request)) {
    if (what.attempt == 0 && what.request.method == sandbox_method::lost_after)
      return loss::after;
    if (what.attempt == 0 && what.request.method == sandbox_method::lost_before)
      return loss::before;
    return loss::none;
  }
  auto number = draw(step_names[static_cast<std::size_t>(what.what)], what.request.key, what.attempt);
  if (number >= settings_.failure_rate)
    return loss::none;
  return number < settings_.failure_rate / 2 ? loss::before : loss::after;
}

double sandbox::draw(const char* purpose, const std::string& key, std::uint64_t attempt) const {
  auto digest = mix(mix(mix(mix(0, settings_.seed), std::string_view{purpose}), key), attempt);
  return static_cast<double>(digest >> 11) * 0x1.0p-53;
}

} // namespace usher::payments
