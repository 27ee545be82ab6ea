// SPDX-License-Identifier: Apache-2.0
// The endpoint that zebra connects to, over a real socket: what it puts into the ring, whatever the bytes come in, and
// that a full ring, a broken peer and a data plane that starts anew lose nothing.
#include "dataplane/router/fpm_endpoint.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>

namespace baton {
namespace {

struct Lab : ::testing::Test {
    std::unique_ptr<FpmArena> arena = std::make_unique<FpmArena>();
    std::unique_ptr<BoardPage> a = std::make_unique<BoardPage>(), b = std::make_unique<BoardPage>();
    Namespace here{"nowhere"};
    Fd listener;
    std::uint16_t port = 0;
    int watched = -1;
    unsigned wakes = 0;
    std::unique_ptr<FpmEndpoint> endpoint;
    std::uint64_t cursor = 0;

    void SetUp() override {
        auto listening = FpmEndpoint::listen({}, here, 0);
        ASSERT_TRUE(listening) << listening.error().what;
        listener = std::move(*listening);
        sockaddr_in address{};
        socklen_t size = sizeof address;
        ::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size);
        port = ntohs(address.sin_port);
        start();
    }

    void start() {
        endpoint = std::make_unique<FpmEndpoint>(FpmEndpoint::Setup{
            arena.get(), a.get(), b.get(), [this] { ++wakes; }, [this](int fd, bool on) { watched = on ? fd : -1; }});
    }

    static void wait_readable(int fd) {
        pollfd asked{fd, POLLIN, 0};
        ASSERT_EQ(::poll(&asked, 1, 5000), 1);
    }

    Fd connect() {
        Fd fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(port);
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
        wait_readable(listener.get());
        endpoint->accept(listener.get());
        return fd;
    }

    void say(const Fd& zebra, const std::string& bytes) {
        ASSERT_EQ(::send(zebra.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
        ASSERT_GE(watched, 0);
        wait_readable(watched);
        endpoint->read();
    }

    void hang_up(Fd& zebra) {
        zebra.reset();
        wait_readable(watched);
        endpoint->read();
    }

    static std::string frame(const std::string& payload) {
        const std::size_t size = payload.size() + 4;
        return std::string{1, 1, static_cast<char>(size >> 8), static_cast<char>(size)} + payload;
    }

    /// "+" came, "-" went, else the message.
    std::vector<std::string> records() {
        std::vector<std::string> out;
        bool lost = false;
        while (const auto record = read_fpm_ring(*arena, cursor, lost)) {
            if (record->kind == FpmRecordKind::connected) out.emplace_back("+");
            if (record->kind == FpmRecordKind::disconnected) out.emplace_back("-");
            if (record->kind == FpmRecordKind::message) out.emplace_back(record->bytes.begin(), record->bytes.end());
        }
        EXPECT_FALSE(lost);
        a->fpm_cursor.store(cursor);
        return out;
    }
};

using FpmEndpointTest = Lab;
using Records = std::vector<std::string>;

TEST_F(FpmEndpointTest, frames_what_zebra_says_and_tells_of_its_coming_and_going) {
    Fd zebra = connect();
    EXPECT_EQ(arena->connected.load(), 1u);
    say(zebra, frame("one") + frame("two"));
    hang_up(zebra);
    EXPECT_EQ(records(), (Records{"+", "one", "two", "-"}));
    EXPECT_EQ(arena->connected.load(), 0u);
    EXPECT_EQ(arena->connects.load(), 1u);
    EXPECT_EQ(arena->messages.load(), 2u);
    EXPECT_GT(wakes, 0u);
}

TEST_F(FpmEndpointTest, takes_a_frame_byte_by_byte) {
    const Fd zebra = connect();
    for (const char byte : frame("slowly") + frame("come")) say(zebra, std::string(1, byte));
    EXPECT_EQ(records(), (Records{"+", "slowly", "come"}));
}

TEST_F(FpmEndpointTest, ends_a_connection_that_speaks_no_fpm) {
    for (const std::string& bad : {std::string("GET / HTTP/1.0\r\n\r\n"), std::string("\x01\x02\x00\x08pbuf", 8),
                                   std::string("\x01\x01\x00\x03", 4), std::string("\x02\x01\x00\x08next", 8)}) {
        const Fd zebra = connect();
        say(zebra, frame("good") + bad + frame("never"));
        EXPECT_EQ(records(), (Records{"+", "good", "-"}));
        char nothing;
        EXPECT_LE(::recv(zebra.get(), &nothing, 1, 0), 0) << "closed";
    }
    EXPECT_EQ(arena->malformed.load(), 4u);
    const Fd zebra = connect();
    say(zebra, frame("again"));
    EXPECT_EQ(records(), (Records{"+", "again"}));
}

TEST_F(FpmEndpointTest, passes_over_an_empty_frame) {
    const Fd zebra = connect();
    say(zebra, frame("") + frame("x"));
    EXPECT_EQ(records(), (Records{"+", "x"}));
}

TEST_F(FpmEndpointTest, lets_a_second_connection_take_the_firsts_place) {
    const Fd first = connect();
    say(first, frame("first"));
    const Fd second = connect();
    say(second, frame("second"));
    EXPECT_EQ(records(), (Records{"+", "first", "-", "+", "second"}));
}

TEST_F(FpmEndpointTest, stops_reading_while_the_ring_is_full_and_loses_nothing) {
    const Fd zebra = connect();
    const std::string payload(60000, 'r');
    std::size_t said = 0, seen = 0;
    for (; !endpoint->blocked(); ++said) {
        ASSERT_LT(said, 1000u);
        say(zebra, frame(payload));
        // A frame may come in pieces.
        while (arena->messages.load() <= said && !endpoint->blocked()) {
            wait_readable(watched);
            endpoint->read();
        }
    }
    EXPECT_EQ(watched, -1) << "zebra waits";
    for (int round = 0; round < 10; ++round) {
        for (const std::string& record : records()) seen += record == payload;
        endpoint->pump();
    }
    EXPECT_EQ(seen, said);
    EXPECT_FALSE(endpoint->blocked());
    EXPECT_GE(watched, 0);
}

TEST_F(FpmEndpointTest, keeps_what_was_said_before_the_end_though_there_was_no_room) {
    Fd zebra = connect();
    FpmWriter filler(*arena, *a, *b);
    const std::vector<std::uint8_t> fill(60000);
    while (filler.push(FpmRecordKind::message, fill)) {
    }
    while (filler.push(FpmRecordKind::message)) {
    }
    say(zebra, frame("last words"));
    EXPECT_TRUE(endpoint->blocked());
    zebra.reset();
    endpoint->close("a test");
    EXPECT_TRUE(endpoint->blocked());
    EXPECT_EQ(arena->connected.load(), 1u) << "not before it is said";
    records();
    endpoint->pump();
    EXPECT_EQ(records(), (Records{"last words", "-"}));
}

TEST_F(FpmEndpointTest, tells_of_the_connection_that_ended_with_the_last_data_plane) {
    const Fd zebra = connect();
    endpoint.reset();
    watched = -1;
    start();
    EXPECT_EQ(records(), (Records{"+", "-"}));
    EXPECT_EQ(arena->connected.load(), 0u);
    const Fd again = connect();
    EXPECT_EQ(records(), (Records{"+"}));
}

}  // namespace
}  // namespace baton
