// SPDX-License-Identifier: Apache-2.0
// `name = value` lines with # comments, by Boost.Program_options, one line at a time: its own file reader forgets the
// line numbers, and a fault without one sends people searching.
#pragma once

#include <boost/program_options/options_description.hpp>
#include <iosfwd>
#include <string>
#include <vector>

namespace baton {

struct Line {
    unsigned number = 0;  // from 1
    std::string name;
    std::string value;
};

struct LineFault {
    unsigned number = 0;
    std::string what;
};

struct Lines {
    std::vector<Line> lines;
    std::vector<LineFault> faults;
};

/// Reads all lines. A name that is not in `known` and a line that is no setting are faults; reading goes on.
Lines read_lines(std::istream& in, const boost::program_options::options_description& known);

}  // namespace baton
