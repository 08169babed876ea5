// api/sample_fields.hpp: members of a schema's "fields": one of each type, enums apart.
#pragma once

#include <string>

namespace dorm::test {

inline const std::string sample_fields = R"("flag": {"type": "boolean", "nullable": true},
    "small": {"type": "smallint", "nullable": true},
    "whole": {"type": "integer", "nullable": true},
    "big": {"type": "bigint", "nullable": true},
    "single": {"type": "real", "nullable": true},
    "twice": {"type": "double", "nullable": true},
    "price": {"type": "decimal", "precision": 12, "scale": 4, "nullable": true},
    "huge": {"type": "decimal", "precision": 30, "scale": 10, "nullable": true},
    "short": {"type": "string", "max_length": 10, "nullable": true},
    "long": {"type": "text", "nullable": true},
    "bytes": {"type": "binary", "nullable": true},
    "token": {"type": "uuid", "nullable": true},
    "day": {"type": "date", "nullable": true},
    "clock": {"type": "time", "nullable": true},
    "instant": {"type": "datetime", "nullable": true},
    "wall": {"type": "datetime", "timezone": false, "nullable": true},
    "doc": {"type": "json", "nullable": true})";

}  // namespace dorm::test
