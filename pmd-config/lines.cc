// SPDX-License-Identifier: Apache-2.0
#include "pmd-config/lines.h"

#include <boost/program_options/errors.hpp>
#include <boost/program_options/parsers.hpp>
#include <istream>
#include <sstream>

namespace baton {

namespace po = boost::program_options;

Lines read_lines(std::istream& in, const po::options_description& known) {
    Lines result;
    std::string text;
    for (unsigned number = 1; std::getline(in, text); ++number) {
        std::istringstream one(text);
        try {
            for (const auto& option : po::parse_config_file(one, known).options)
                result.lines.push_back({number, option.string_key, option.value.empty() ? "" : option.value.front()});
        } catch (const po::unknown_option& fault) {
            result.faults.push_back({number, "there is no setting \"" + fault.get_option_name() + "\""});
        } catch (const po::error&) {
            result.faults.push_back({number, "expected name = value, not \"" + text + "\""});
        }
    }
    return result;
}

}  // namespace baton
