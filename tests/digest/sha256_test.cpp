#define CAF_SUITE digest.sha256

#include "digest/sha256.hpp"

#include "caf/test/bdd_dsl.hpp"

#include <boost/algorithm/hex.hpp>

#include <string>
#include <thread>

using namespace usher::digest;

namespace {

std::string hex(const sha256_digest& digest) {
  return boost::algorithm::hex_lower(std::string{bytes_of(digest)});
}

} // namespace

SCENARIO("SHA-256 is what the standard says, however the text is cut") {
  const std::string of_nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  const std::string of_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  CHECK_EQ(hex(sha256({})), of_nothing);
  CHECK_EQ(hex(sha256({""})), of_nothing);
  CHECK_EQ(hex(sha256({"abc"})), of_abc);
  CHECK_EQ(hex(sha256({"a", "", "bc"})), of_abc);
  CHECK_EQ(hex(sha256({"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"})),
           "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  std::string elsewhere;
  std::thread{[&] { elsewhere = hex(sha256({"abc"})); }}.join();
  CHECK_EQ(elsewhere, of_abc);
}

SCENARIO("HMAC with SHA-256 is what RFC 4231 says, for short keys and long ones") {
  CHECK_EQ(hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
           "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK_EQ(hex(hmac_sha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")),
           "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}
