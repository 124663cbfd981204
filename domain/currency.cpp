#include "domain/currency.hpp"

#include <array>
#include <cstddef>

namespace usher::domain {
namespace {

/// Codes with the same number of decimals: three letters each, in alphabetical order, separated by one blank.
struct group {
  int decimals;
  std::string_view codes;
};

constexpr auto groups = std::to_array<group>({
    {2,
     "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW "
     "CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF "
     "IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK "
     "MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP "
     "SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG "
     "YER ZAR ZMW ZWG"},
    {0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"},
    {3, "BHD IQD JOD KWD LYD OMR TND"},
    {4, "CLF UYW"},
});

bool lists(std::string_view codes, std::string_view code) {
  for (std::size_t at = 0; at < codes.size(); at += 4)
    if (codes.substr(at, 3) == code)
      return true;
  return false;
}

} // namespace

std::optional<int> decimals_of(std::string_view currency) {
  for (const auto& each : groups)
    if (lists(each.codes, currency))
      return each.decimals;
  return std::nullopt;
}

} // namespace usher::domain
