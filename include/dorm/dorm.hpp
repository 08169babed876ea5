// dorm/dorm.hpp: everything a program needs, except dorm/json.hpp.
#pragma once

#include "dorm/config.hpp"
#include "dorm/database.hpp"
#include "dorm/driver.hpp"
#include "dorm/error.hpp"
#include "dorm/expr.hpp"
#include "dorm/model.hpp"
#include "dorm/model_info.hpp"
#include "dorm/observer.hpp"
#include "dorm/query.hpp"
#include "dorm/query_set.hpp"
#include "dorm/registry.hpp"
#include "dorm/row.hpp"
#include "dorm/transaction.hpp"
#include "dorm/value.hpp"
#include "dorm/version.hpp"
