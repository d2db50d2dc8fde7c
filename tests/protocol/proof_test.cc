#include "protocol/proof.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdio>
#include <fstream>
#include <initializer_list>
#include <string>
#include <vector>

#include "tests/support/proof_token.h"

namespace holdfast {
namespace {

constexpr int64_t now_s = 1'700'000'000;
constexpr std::string_view secret = "correct horse battery staple";

// Macs out of Python's hmac module: hmac.new(secret, b"6:cart-13:PS51700000060", "sha256").hexdigest()
constexpr std::string_view good = "1700000060.e9d540a3925f8161f0d93bfb4a2b79588f4a76b5a645197a9f16e6944241158a";
constexpr std::string_view of_xbox = "1700000060.6c5dc406dd209bb5d5d5e6a2b2e57226ef8126722387e1590f8cb81e3f50610f";

bool proves(std::string_view key, std::string_view token, std::string_view cart, std::string_view sku) {
  Item item;
  item.sku = sku;
  ProofSecret(key).prove(cart, std::span(&token, 1), now_s * 1'000'000, std::span(&item, 1));
  return item.proven_for_us > 0;
}

bool proves(std::string_view token) {
  return proves(secret, token, "cart-1", "PS5");
}

// Which of the SKUs the tokens prove.
std::vector<std::string_view> proven(std::initializer_list<std::string_view> tokens,
                                     std::initializer_list<std::string_view> skus) {
  std::vector<Item> items;
  for (const std::string_view sku : skus) items.emplace_back().sku = sku;
  ProofSecret(secret).prove("cart-1", std::span(tokens.begin(), tokens.size()), now_s * 1'000'000, items);
  std::vector<std::string_view> names;
  for (const Item& item : items) {
    if (item.proven_for_us > 0) names.push_back(item.sku);
  }
  return names;
}

using Names = std::vector<std::string_view>;

TEST(Proof, IsTheMacOfCartSkuAndExpiry) {
  EXPECT_TRUE(proves(good));
  EXPECT_TRUE(proves(secret, of_xbox, "cart-1", "XBOX"));
  EXPECT_TRUE(proves(secret, "1700000060.b446a73d510e2d6806a72c857cbfe73d4aa0fadbe06b24dba7816d31f9edbef1",
                     std::string_view("a\xc3\xbc\0", 4), "S\r\n K"));
}

TEST(Proof, IsOfNoOtherCartSkuOrSecret) {
  EXPECT_FALSE(proves(secret, good, "cart-2", "PS5"));
  EXPECT_FALSE(proves(secret, good, "cart-1", "XBOX"));
  EXPECT_FALSE(proves(secret, good, "cart-1P", "S5"));
  EXPECT_FALSE(proves("another secret", good, "cart-1", "PS5"));
}

TEST(Proof, HasToBeRightInEachDigit) {
  for (size_t i = good.find('.') + 1; i < good.size(); ++i) {
    std::string bad(good);
    bad[i] = bad[i] == '0' ? '1' : '0';
    EXPECT_FALSE(proves(bad)) << i;
  }
}

TEST(Proof, IsOverAtItsExpiry) {
  EXPECT_TRUE(proves("1700000001.1d08379bb829fb20f5bc3603193de32ff34336b31dba9ac03181e7950da62996"));
  EXPECT_FALSE(proves("1700000000.06619063d24346419d7b81a382fe0f7d6a422d09b36f22742f48bebfbf6a4f61"));
  EXPECT_FALSE(proves("1699999999.e5eb4e3f759c7314f8433851fd3b55be1323a9e54a913827dfd08f6f3fc7da1f"));
}

TEST(Proof, LooksAnHourAheadAtMost) {
  EXPECT_TRUE(proves("1700003600.acf9029e588149244469fbdf853f4e16dae8cc739c11813cea81171793f45b66"));
  EXPECT_FALSE(proves("1700003601.736197730cd1706a3f07c7398724d240ceceadf8680e3e7afa02fb9d62db06c4"));
  EXPECT_FALSE(proves(proof_token(std::string(secret), "cart-1", "PS5", INT64_MAX)));
}

// Each mac is that of the text before it: only the form is wrong.
TEST(Proof, TakesNoOtherFormOfTheSameExpiry) {
  EXPECT_FALSE(proves("01700000060.6f4ecd0006ed29b1ea8afa9d0bc26a5e10362f4822b11ac8c0bb8acae34498a7"));
  EXPECT_FALSE(proves("+1700000060.ae337a2b2fe864e79a1d6bb69029c511e465e36435cd45a3d372588c36ca520a"));
}

TEST(Proof, TakesHexDigitsOfEitherCase) {
  std::string mixed(good);
  for (char& c : mixed) {
    if (c == 'a' || c == 'f') c = static_cast<char>(std::toupper(c));
  }
  ASSERT_NE(mixed, good);
  EXPECT_TRUE(proves(mixed));
  std::string upper(good);
  for (char& c : upper) c = static_cast<char>(std::toupper(c));
  EXPECT_TRUE(proves(upper));
}

TEST(Proof, TakesNothingButHexDigits) {
  for (const char bad : {'/', ':', '@', 'G', '`', 'g', '\x01', '\x10', '\xe9', '\0'}) {
    for (const size_t place : {good.find('.') + 1, good.size() - 1}) {
      std::string text(good);
      text[place] = bad;
      EXPECT_FALSE(proves(text)) << place << ' ' << int{bad};
    }
  }
}

TEST(Proof, IsNotWhateverElseIsSent) {
  const std::string text(good);
  const std::string expiry = text.substr(0, text.find('.'));
  const std::string mac = text.substr(text.find('.') + 1);
  for (const std::string& garbage :
       {std::string(), std::string("."), expiry, expiry + ".", mac, "." + mac, expiry + mac, expiry + ":" + mac,
        text + " ", " " + text, text + "\n", text + std::string(1, '\0'), text + "0", text.substr(0, text.size() - 1),
        expiry + ".." + mac.substr(1), expiry + " ." + mac, "-" + text, std::string(100'000, '9') + "." + mac,
        std::string(64, '.')}) {
    EXPECT_FALSE(proves(garbage)) << garbage.substr(0, 100);
  }
}

TEST(Proof, OfSeveralItemsComesInAnyOrder) {
  EXPECT_EQ(proven({good, of_xbox}, {"PS5", "XBOX"}), (Names{"PS5", "XBOX"}));
  EXPECT_EQ(proven({of_xbox, good}, {"PS5", "XBOX"}), (Names{"PS5", "XBOX"}));
  EXPECT_EQ(proven({"junk", of_xbox, "1.x"}, {"SEGA", "XBOX", "PS5"}), (Names{"XBOX"}));
  EXPECT_EQ(proven({good, good}, {"SEGA", "PS5"}), (Names{"PS5"}));
  EXPECT_EQ(proven({}, {"PS5"}), Names{});
}

class ProofSecretFile : public testing::Test {
 protected:
  void TearDown() override { std::remove(path_.c_str()); }

  std::string error_of(const std::string& path) { return read_proof_secret(path, read_).value_or("(none)"); }
  std::string error_of_content(std::string_view content) {
    std::ofstream(path_, std::ios::binary) << content;
    return error_of(path_);
  }
  bool is_for(std::string_view token) {
    Item item;
    item.sku = "PS5";
    read_->prove("cart-1", std::span(&token, 1), now_s * 1'000'000, std::span(&item, 1));
    return item.proven_for_us > 0;
  }

  const std::string path_ =
      testing::TempDir() + "proof_" + testing::UnitTest::GetInstance()->current_test_info()->name();
  std::shared_ptr<const ProofSecret> read_;
};

TEST_F(ProofSecretFile, HoldsTheSecretAndMaybeOneNewline) {
  constexpr std::string_view with_newline =
      "1700000060.cb76fa6cc22f4ab1c4734876cf7754483c27b0e5eb19ba44ecc6f6e616bccd33";
  ASSERT_EQ(error_of_content(secret), "(none)");
  EXPECT_TRUE(is_for(good));
  ASSERT_EQ(error_of_content(std::string(secret) + "\n"), "(none)");
  EXPECT_TRUE(is_for(good));
  EXPECT_FALSE(is_for(with_newline));
  ASSERT_EQ(error_of_content(std::string(secret) + "\n\n"), "(none)");
  EXPECT_FALSE(is_for(good));
  EXPECT_TRUE(is_for(with_newline));
}

TEST_F(ProofSecretFile, HoldsNeitherNothingNorTooMuch) {
  EXPECT_EQ(error_of_content(""), "is empty");
  EXPECT_EQ(error_of_content("\n"), "is empty");
  EXPECT_EQ(error_of_content(std::string(4097, 'x')), "is longer than 4096 bytes");
  EXPECT_EQ(error_of_content(std::string(10'000, 'x')), "is longer than 4096 bytes");
  EXPECT_EQ(read_, nullptr);
  EXPECT_EQ(error_of_content(std::string(4096, 'x') + "\n"), "(none)");
  EXPECT_TRUE(is_for("1700000060.125d64023245cac87dc557eab7df6b08231d29823b2d61e5206f77ee394da70d"));
}

TEST_F(ProofSecretFile, IsARegularFile) {
  EXPECT_EQ(error_of(path_), "cannot be read: No such file or directory");
  EXPECT_EQ(error_of("/"), "cannot be read: not a regular file");
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  EXPECT_EQ(error_of(path_), "cannot be read: not a regular file");
}

}  // namespace
}  // namespace holdfast
