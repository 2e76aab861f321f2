/*
 * Node-API 9 takes references to objects, functions and symbols only; better-sqlite3 also keeps references to strings
 * and numbers, which came with version 10. This header is included before all else: it puts such a value into a small
 * object that carries our tag, hands the object to the real function, and takes the value out when it is asked for.
 */
#ifndef YINKEY_BOX_VALUES_H
#define YINKEY_BOX_VALUES_H

#include <node_api.h>

namespace yinkey {

// Any fixed number of our own: marks objects made here, so that no caller's object is ever taken for one.
inline constexpr napi_type_tag box_tag = {0x59696e4b65795374ULL, 0x72696e67426f7831ULL};
inline constexpr const char* box_slot = "value";

inline napi_status create_reference(napi_env env, napi_value value, uint32_t count, napi_ref* result) {
  napi_valuetype type;
  napi_status status = napi_typeof(env, value, &type);
  if (status != napi_ok) return status;
  if (type == napi_object || type == napi_function || type == napi_symbol)
    return napi_create_reference(env, value, count, result);
  napi_value box;
  if ((status = napi_create_object(env, &box)) != napi_ok) return status;
  if ((status = napi_type_tag_object(env, box, &box_tag)) != napi_ok) return status;
  if ((status = napi_set_named_property(env, box, box_slot, value)) != napi_ok) return status;
  return napi_create_reference(env, box, count, result);
}

inline napi_status get_reference_value(napi_env env, napi_ref reference, napi_value* result) {
  napi_status status = napi_get_reference_value(env, reference, result);
  if (status != napi_ok || *result == nullptr) return status;
  napi_valuetype type;
  if ((status = napi_typeof(env, *result, &type)) != napi_ok) return status;
  if (type != napi_object) return napi_ok;
  bool boxed = false;
  if ((status = napi_check_object_type_tag(env, *result, &box_tag, &boxed)) != napi_ok) return status;
  return boxed ? napi_get_named_property(env, *result, box_slot, result) : napi_ok;
}

}  // namespace yinkey

#define napi_create_reference yinkey::create_reference
#define napi_get_reference_value yinkey::get_reference_value

#endif
