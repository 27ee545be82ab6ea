// SPDX-License-Identifier: Apache-2.0
#include "controlplane/host/tftp.h"

#include <curl/curl.h>

#include <algorithm>
#include <cstring>
#include <memory>

namespace baton {
namespace {

constexpr long silence_ms = 5000;  // until the first answer
constexpr long block_size =
    1428;  // with its headers it fits an Ethernet frame; a server that knows no options sends 512

struct Incoming {
    std::string text;
    std::size_t most = 0;
};

struct Outgoing {
    const std::string& text;
    std::size_t at = 0;
};

std::size_t take(char* data, std::size_t, std::size_t size, void* into) {
    auto& incoming = *static_cast<Incoming*>(into);
    if (incoming.text.size() + size > incoming.most) return 0;  // curl then says write error
    incoming.text.append(data, size);
    return size;
}

std::size_t give(char* data, std::size_t, std::size_t size, void* from) {
    auto& outgoing = *static_cast<Outgoing*>(from);
    const std::size_t count = std::min(size, outgoing.text.size() - outgoing.at);
    std::memcpy(data, outgoing.text.data() + outgoing.at, count);
    outgoing.at += count;
    return count;
}

/// The sentence for an operator.
Error error_of(CURLcode code, const std::string& host, const std::string& file, const char* detail) {
    const std::string where = "'" + file + "' on " + host;
    switch (code) {
        case CURLE_COULDNT_RESOLVE_HOST:
            return failure("there is no host " + host + ": check the name, or give its address");
        case CURLE_OPERATION_TIMEDOUT:
        case CURLE_COULDNT_CONNECT:
            return {Code::timeout, host +
                                       " does not answer TFTP; check that its server runs and that it can be reached "
                                       "from this switch's management side"};
        case CURLE_TFTP_NOTFOUND: return failure("there is no file " + where + "; check the name (TFTP: not found)");
        case CURLE_TFTP_PERM:
            return failure("the server refuses " + where +
                           " (TFTP: access violation); most servers take a file only where one that all may write is "
                           "there already");
        case CURLE_REMOTE_DISK_FULL: return failure(host + " has no room for '" + file + "' (TFTP: disk full)");
        case CURLE_REMOTE_FILE_EXISTS: return failure(where + " exists already; choose another name");
        case CURLE_WRITE_ERROR: return failure(where + " is larger than any configuration; is it the right file?");
        default: return failure("TFTP of " + where + " failed: " + (*detail ? detail : ::curl_easy_strerror(code)));
    }
}

struct Curl {
    CURL* handle = ::curl_easy_init();
    char detail[CURL_ERROR_SIZE] = {};

    ~Curl() { ::curl_easy_cleanup(handle); }

    Result<void> prepare(const std::string& host, const std::string& file) {
        if (!handle) return failure("libcurl cannot be used here");
        // Slashes part folders; everything else is the file's own name.
        std::string path;
        for (std::size_t at = 0; at <= file.size();) {
            const auto end = std::min(file.find('/', at), file.size());
            char* part = ::curl_easy_escape(handle, file.data() + at, static_cast<int>(end - at));
            if (end > at) path += part;
            ::curl_free(part);
            if (end < file.size()) path += '/';
            at = end + 1;
        }
        const std::string url = "tftp://" + host + "/" + path + ";mode=octet";
        ::curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
        ::curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "tftp");
        ::curl_easy_setopt(handle, CURLOPT_PROXY, "");  // none, whatever the environment says
        ::curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
        ::curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, detail);
        ::curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, silence_ms);
        ::curl_easy_setopt(handle, CURLOPT_TIMEOUT, static_cast<long>(tftp_seconds_most));
        ::curl_easy_setopt(handle, CURLOPT_TFTP_BLKSIZE, block_size);
        return {};
    }
};

}  // namespace

Result<std::string> tftp_get(const std::string& host, const std::string& file, std::size_t most) {
    Curl curl;
    if (auto good = curl.prepare(host, file); !good) return good.error();
    Incoming incoming{{}, most};
    ::curl_easy_setopt(curl.handle, CURLOPT_WRITEFUNCTION, take);
    ::curl_easy_setopt(curl.handle, CURLOPT_WRITEDATA, &incoming);
    const CURLcode code = ::curl_easy_perform(curl.handle);
    if (code != CURLE_OK) return error_of(code, host, file, curl.detail);
    return std::move(incoming.text);
}

Result<void> tftp_put(const std::string& host, const std::string& file, const std::string& text) {
    Curl curl;
    if (auto good = curl.prepare(host, file); !good) return good.error();
    Outgoing outgoing{text};
    ::curl_easy_setopt(curl.handle, CURLOPT_UPLOAD, 1L);
    ::curl_easy_setopt(curl.handle, CURLOPT_READFUNCTION, give);
    ::curl_easy_setopt(curl.handle, CURLOPT_READDATA, &outgoing);
    ::curl_easy_setopt(curl.handle, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(text.size()));
    const CURLcode code = ::curl_easy_perform(curl.handle);
    if (code != CURLE_OK) return error_of(code, host, file, curl.detail);
    return {};
}

}  // namespace baton
