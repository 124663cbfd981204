#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

/// What the kernel says of a process.
namespace usher::bench {

/// The processor time of `/proc/PID/stat`, user and system, in clock ticks; nullopt if the text is none.
[[nodiscard]] std::optional<std::uint64_t> cpu_ticks_in(std::string_view stat);
/// The memory in use of `/proc/PID/status`, in bytes; nullopt if the text does not say.
[[nodiscard]] std::optional<std::uint64_t> resident_bytes_in(std::string_view status);

/// The same of a process that runs; 0 if it does not.
[[nodiscard]] double cpu_seconds_of(pid_t process);
[[nodiscard]] std::uint64_t resident_bytes_of(pid_t process);

} // namespace usher::bench
