/*
 * The built-in functions: X(name, signature, parameters that callers of callbacks count).
 * Each is builtin_<name> in one of the function_*.c files.
 */

/* numbers: function_number.c */
X(abs, "<n-:n>", 1)
X(ceil, "<n-:n>", 1)
X(floor, "<n-:n>", 1)
X(formatBase, "<n-n?:s>", 2)
X(formatInteger, "<n-s:s>", 2)
X(formatNumber, "<n-so?:s>", 3)
X(number, "<(nsb)-:n>", 1)
X(parseInteger, "<s-s:n>", 2)
X(power, "<n-n:n>", 2)
X(random, "<:n>", 0)
X(round, "<n-n?:n>", 2)
X(sqrt, "<n-:n>", 1)

/* of many: function_array.c */
X(append, "<xx:a>", 2)
X(average, "<a<n>:n>", 1)
X(count, "<a:n>", 1)
X(distinct, "<x:x>", 1)
X(max, "<a<n>:n>", 1)
X(min, "<a<n>:n>", 1)
X(reverse, "<a:a>", 1)
X(shuffle, "<a:a>", 1)
X(sum, "<a<n>:n>", 1)
X(zip, "<a+>", 0)

/* functions of functions: function_higher.c */
X(each, "<o-f:a>", 2)
X(filter, "<af>", 2)
X(map, "<af>", 2)
X(reduce, "<afj?:j>", 3)
X(sift, "<o-f?:o>", 2)
X(single, "<af?>", 2)
X(sort, "<af?:a>", 2)

/* objects and any values: function_object.c */
X(assert, "<bs?:x>", 2)
X(boolean, "<x-:b>", 1)
X(clone, "<(oa)-:o>", 1)
X(error, "<s?:x>", 1)
X(eval, "<sx?:x>", 2)
X(exists, "<x:b>", 1)
X(keys, "<x-:a<s>>", 1)
X(lookup, "<x-s:x>", 2)
X(merge, "<a<o>:o>", 1)
X(not, "<x-:b>", 1)
X(spread, "<x-:a<o>>", 1)
X(type, "<x:s>", 1)

/* strings: function_text.c */
X(base64decode, "<s-:s>", 1)
X(base64encode, "<s-:s>", 1)
X(decodeUrl, "<s-:s>", 1)
X(decodeUrlComponent, "<s-:s>", 1)
X(encodeUrl, "<s-:s>", 1)
X(encodeUrlComponent, "<s-:s>", 1)
X(join, "<a<s>s?:s>", 2)
X(length, "<s-:n>", 1)
X(lowercase, "<s-:s>", 1)
X(pad, "<s-ns?:s>", 3)
X(string, "<x-b?:s>", 1)
X(substring, "<s-nn?:s>", 3)
X(substringAfter, "<s-s:s>", 2)
X(substringBefore, "<s-s:s>", 2)
X(trim, "<s-:s>", 1)
X(uppercase, "<s-:s>", 1)

/* strings and matchers: function_match.c */
X(contains, "<s-(sf):b>", 2)
X(match, "<s-f<s:o>n?:a<o>>", 3)
X(replace, "<s-(sf)(sf)n?:s>", 4)
X(split, "<s-(sf)n?:a<s>>", 3)

/* date and time: function_date.c */
X(fromMillis, "<n-s?s?:s>", 3)
X(millis, "<:n>", 0)
X(now, "<s?s?:s>", 2)
X(toMillis, "<s-s?:n>", 2)
