#pragma once

#include "cluster/link/link_settings.hpp"
#include "tests/support/temporary_folder.hpp"

#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string>

namespace usher::tests {

/// Authorities and certificates that the `openssl` program makes, good and bad ones, in a folder of their own.
class certificates {
public:
  certificates() { make_authority("authority"); }

  /// Makes an authority of that name.
  void make_authority(const std::string& name) {
    openssl("req -x509 " + fresh_key + " -days 2 -subj '/CN=" + name + "' -keyout " + key(name) + " -out "
            + certificate(name));
  }

  /// A node with a certificate of an authority, or of whoever else is said to be one, for that many days.
  [[nodiscard]] cluster::tls_settings issue(const std::string& name, const std::string& by = "authority",
                                            int days = 1) {
    std::ofstream{file(name + ".ext")} << "basicConstraints = critical, CA:FALSE\n";
    openssl("req -new " + fresh_key + " -subj '/CN=" + name + "' -keyout " + key(name) + " -out " + file("request"));
    openssl("x509 -req -in " + file("request") + " -CA " + certificate(by) + " -CAkey " + key(by)
            + " -CAcreateserial -days " + std::to_string(days) + " -extfile " + file(name + ".ext") + " -out "
            + certificate(name));
    return files_of(name);
  }

  /// Whoever has these believes the first authority.
  [[nodiscard]] cluster::tls_settings files_of(const std::string& name) const {
    return {certificate(name), key(name), certificate("authority")};
  }

  /// One file with the certificates of both, as of a chain.
  void append(const std::string& to, const std::string& other) {
    std::ifstream from{certificate(other)};
    std::ofstream{certificate(to), std::ios::app} << from.rdbuf();
  }

  [[nodiscard]] std::string file(const std::string& name) const { return (folder_.path() / name).string(); }

private:
  static inline const std::string fresh_key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";

  [[nodiscard]] std::string certificate(const std::string& name) const { return file(name + ".pem"); }
  [[nodiscard]] std::string key(const std::string& name) const { return file(name + ".key"); }

  void openssl(const std::string& arguments) {
    auto command = "openssl " + arguments + " >" + file("log") + " 2>&1";
    if (std::system(command.c_str()) != 0)
      throw std::runtime_error{"openssl " + arguments + ": see " + file("log")};
  }

  temporary_folder folder_;
};

} // namespace usher::tests
