// SPDX-License-Identifier: Apache-2.0
// A sorted map that is a value and cheap to copy: copies share what they have in common, so that a transaction can be
// tried on a copy of the whole configuration, and what it changed can be asked for, at a cost of the change and not of
// the configuration.
//
// A treap (Seidel and Aragon, "Randomized Search Trees", Algorithmica 16, 1996) whose nodes never change: set() and
// erase() make the nodes on the way from the root anew (path copying: Driscoll et al., "Making Data Structures
// Persistent", JCSS 38, 1989). A key's priority is its hash, so that the same keys always make the same tree; that is
// what lets differences() and == pass over a subtree that both sides share, or that both have at the same place.
//
//   copy: 1    find, set, erase: log n    differences: d log n for d differences    all expected
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

namespace baton::config {

template <class Key, class Value, class Hash = std::hash<Key>>
class SharedMap {
    struct Node;
    using Link = std::shared_ptr<const Node>;

  public:
    using value_type = std::pair<const Key, Value>;

    class const_iterator {
      public:
        using iterator_category = std::forward_iterator_tag;
        using value_type = SharedMap::value_type;
        using difference_type = std::ptrdiff_t;
        using pointer = const value_type*;
        using reference = const value_type&;

        reference operator*() const { return *path_.back()->item; }

        pointer operator->() const { return path_.back()->item.get(); }

        const_iterator& operator++() {
            const Node* node = path_.back()->right.get();
            path_.pop_back();
            for (; node; node = node->left.get()) path_.push_back(node);
            return *this;
        }

        const_iterator operator++(int) {
            const_iterator before = *this;
            ++*this;
            return before;
        }

        friend bool operator==(const const_iterator& a, const const_iterator& b) {
            return (a.path_.empty() ? nullptr : a.path_.back()) == (b.path_.empty() ? nullptr : b.path_.back());
        }

      private:
        friend class SharedMap;

        std::vector<const Node*> path_;  // this one last; before it those whose turn is yet to come
    };

    using iterator = const_iterator;

    const_iterator begin() const {
        return from([](const Key&) { return true; });
    }

    const_iterator end() const { return {}; }

    /// The first that is not less than `key`.
    const_iterator lower_bound(const Key& key) const {
        return from([&](const Key& at) { return !(at < key); });
    }

    const_iterator find(const Key& key) const {
        const const_iterator at = lower_bound(key);
        return at == end() || key < at->first ? end() : at;
    }

    bool contains(const Key& key) const { return find(key) != end(); }

    std::size_t size() const { return size_; }

    bool empty() const { return size_ == 0; }

    void set(Key key, Value value) {
        const std::uint64_t rank = rank_of(key);
        bool added = true;
        root_ = with(root_, std::make_shared<const value_type>(std::move(key), std::move(value)), rank, added);
        size_ += added;
    }

    /// False: it was not there.
    bool erase(const Key& key) {
        if (!contains(key)) return false;
        root_ = without(root_, key);
        --size_;
        return true;
    }

    /// `each(key, before, after)` for every key whose value is not the same in both, in order; null: it is not there.
    template <class Each>
    friend void differences(const SharedMap& before, const SharedMap& after, const Each& each) {
        differ(before.root_, after.root_, each);
    }

    friend bool operator==(const SharedMap& a, const SharedMap& b) {
        return a.size_ == b.size_ && same(a.root_, b.root_);
    }

  private:
    struct Node {
        std::shared_ptr<const value_type> item;
        std::uint64_t rank;  // no child's is higher
        Link left, right;
    };

    static Link node(const Node& like, Link left, Link right) {
        return std::make_shared<const Node>(Node{like.item, like.rank, std::move(left), std::move(right)});
    }

    /// The hash, stirred (the finaliser of splitmix64), because std::hash of a number is the number.
    static std::uint64_t rank_of(const Key& key) {
        std::uint64_t x = Hash{}(key) + 0x9e3779b97f4a7c15;
        x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
        x = (x ^ x >> 27) * 0x94d049bb133111eb;
        return x ^ x >> 31;
    }

    static bool above(std::uint64_t rank, const Key& key, const Node& other) {
        return rank != other.rank ? rank > other.rank : key < other.item->first;
    }

    template <class NotBefore>
    const_iterator from(const NotBefore& not_before) const {
        const_iterator at;
        for (const Node* node = root_.get(); node;) {
            const bool here = not_before(node->item->first);
            if (here) at.path_.push_back(node);
            node = (here ? node->left : node->right).get();
        }
        return at;
    }

    /// What is less than `key`, and what is greater; `key` itself falls out.
    static std::pair<Link, Link> split(const Link& tree, const Key& key) {
        if (!tree) return {};
        if (tree->item->first < key) {
            auto [low, high] = split(tree->right, key);
            return {node(*tree, tree->left, std::move(low)), std::move(high)};
        }
        if (key < tree->item->first) {
            auto [low, high] = split(tree->left, key);
            return {std::move(low), node(*tree, std::move(high), tree->right)};
        }
        return {tree->left, tree->right};
    }

    static Link merge(const Link& low, const Link& high) {
        if (!low) return high;
        if (!high) return low;
        if (above(low->rank, low->item->first, *high)) return node(*low, low->left, merge(low->right, high));
        return node(*high, merge(low, high->left), high->right);
    }

    static Link with(const Link& tree, std::shared_ptr<const value_type> item, std::uint64_t rank, bool& added) {
        const Key& key = item->first;
        if (!tree) return std::make_shared<const Node>(Node{std::move(item), rank, nullptr, nullptr});
        const Key& here = tree->item->first;
        if (!(key < here) && !(here < key)) {
            added = false;
            return std::make_shared<const Node>(Node{std::move(item), rank, tree->left, tree->right});
        }
        if (above(rank, key, *tree)) {
            auto [low, high] = split(tree, key);
            return std::make_shared<const Node>(Node{std::move(item), rank, std::move(low), std::move(high)});
        }
        if (key < here) return node(*tree, with(tree->left, std::move(item), rank, added), tree->right);
        return node(*tree, tree->left, with(tree->right, std::move(item), rank, added));
    }

    static Link without(const Link& tree, const Key& key) {
        if (key < tree->item->first) return node(*tree, without(tree->left, key), tree->right);
        if (tree->item->first < key) return node(*tree, tree->left, without(tree->right, key));
        return merge(tree->left, tree->right);
    }

    /// The key whose rank is the highest is the root of every tree that has it: a root that the other tree does not
    /// share is missing there, or that tree's own is missing here.
    template <class Each>
    static void differ(const Link& before, const Link& after, const Each& each) {
        if (before == after) return;
        const bool gone = before && (!after || above(before->rank, before->item->first, *after));
        const bool came = after && (!before || above(after->rank, after->item->first, *before));
        const value_type& top = gone || !after ? *before->item : *after->item;
        const auto [before_low, before_high] = came ? split(before, top.first) : std::pair{before->left, before->right};
        const auto [after_low, after_high] = gone ? split(after, top.first) : std::pair{after->left, after->right};
        differ(before_low, after_low, each);
        if (gone)
            each(top.first, &top.second, static_cast<const Value*>(nullptr));
        else if (came)
            each(top.first, static_cast<const Value*>(nullptr), &top.second);
        else if (before->item != after->item && !(before->item->second == after->item->second))
            each(top.first, &before->item->second, &after->item->second);
        differ(before_high, after_high, each);
    }

    static bool same(const Link& a, const Link& b) {
        return a == b || (a && b && (a->item == b->item || *a->item == *b->item) && same(a->left, b->left) &&
                          same(a->right, b->right));
    }

    Link root_;
    std::size_t size_ = 0;
};

}  // namespace baton::config
