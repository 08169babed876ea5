// api/music.hpp: three albums and seven tracks, one of them on no album.
#pragma once

#include "api/world.hpp"

namespace dorm::test {

class Music : public Api {
 protected:
  Database music() {
    Database db = open(Registry::load(std::string(DORM_SOURCE_DIR) + "/schemas/music"));
    const Model album = db["Album"], track = db["Track"];
    const Row malibu = album.create({{"name", "Malibu"}, {"is_best_seller", true}});
    const Row fantasies = album.create({{"name", "Fantasies"}});
    album.create({{"name", "Empty"}});
    const auto add = [&](const Row* on, const char* title, int position, const Value& plays) {
      const Row made = track.make({{"title", title}, {"position", position}});
      if (on != nullptr) made.set("album", *on);
      made.set("play_count", plays);
      made.save();
    };
    add(&malibu, "The Bird", 1, 10);
    add(&malibu, "Heart", 2, nullptr);
    add(&malibu, "The Waters", 3, 30);
    add(&fantasies, "Help", 1, 5);
    add(&fantasies, "Sick Muse", 2, 7);
    add(&fantasies, "50%_Gold", 3, 7);
    add(nullptr, "Loose", 9, 1);
    return db;
  }
};

}  // namespace dorm::test
