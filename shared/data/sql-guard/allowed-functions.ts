/**
 * Every function that a query may call, by name: all overloads of each compute from their arguments
 * alone. Not here, and so refused: whatever runs SQL text, reads a catalog, setting, file or
 * sequence, waits, locks, signals or changes the session (`setseed`, `set_limit`), and what tells of
 * the server rather than of retail (`version`, `current_database`, `pg_typeof`, whose result is a
 * `regtype`).
 */
export const builtInFunctions: ReadonlySet<string> = new Set([
  ...words(`
    count sum avg min max any_value array_agg string_agg json_agg jsonb_agg json_agg_strict
    jsonb_agg_strict json_object_agg jsonb_object_agg json_object_agg_strict
    jsonb_object_agg_strict json_object_agg_unique jsonb_object_agg_unique
    json_object_agg_unique_strict jsonb_object_agg_unique_strict bool_and bool_or every bit_and
    bit_or bit_xor stddev stddev_pop stddev_samp variance var_pop var_samp corr covar_pop covar_samp
    regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy mode
    percentile_cont percentile_disc range_agg range_intersect_agg`), // aggregates
  ...words(`
    row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value
    nth_value`), // window functions
  ...words(`
    abs cbrt ceil ceiling degrees div erf erfc exp factorial floor gamma gcd lcm lgamma ln log log10
    min_scale mod pi power pow radians random random_normal round scale sign sqrt trim_scale trunc
    width_bucket acos acosd acosh asin asind asinh atan atan2 atan2d atand atanh cos cosd cosh cot
    cotd sin sind sinh tan tand tanh num_nulls num_nonnulls gen_random_uuid uuidv4 uuidv7
    uuid_extract_timestamp uuid_extract_version`), // numbers and identifiers
  ...words(`
    ascii bit_count bit_length btrim casefold char_length character_length chr concat concat_ws
    convert convert_from convert_to crc32 crc32c decode encode format get_bit get_byte initcap
    is_normalized left length like_escape lower lpad ltrim md5 normalize octet_length overlay
    parse_ident position quote_ident quote_literal quote_nullable regexp_count regexp_instr
    regexp_like regexp_match regexp_matches regexp_replace regexp_split_to_array
    regexp_split_to_table regexp_substr repeat replace reverse right rpad rtrim set_bit set_byte
    sha224 sha256 sha384 sha512 similar_escape similar_to_escape split_part starts_with
    string_to_array string_to_table strpos substr substring to_ascii to_hex to_bin to_oct translate
    unicode_assigned unistr upper`), // text and bytes
  ...words(`
    age clock_timestamp date_add date_bin date_part date_subtract date_trunc extract isfinite
    justify_days justify_hours justify_interval make_date make_interval make_time make_timestamp
    make_timestamptz now overlaps statement_timestamp timeofday timezone to_char to_date to_number
    to_timestamp transaction_timestamp`), // dates, times and their formats
  ...words(`
    array_append array_cat array_dims array_fill array_length array_lower array_ndims array_position
    array_positions array_prepend array_remove array_replace array_reverse array_sample
    array_shuffle array_sort array_to_string array_upper cardinality trim_array unnest
    generate_series generate_subscripts isempty lower_inc lower_inf upper_inc upper_inf range_merge
    multirange int4range int8range numrange daterange tsrange tstzrange int4multirange
    int8multirange nummultirange datemultirange tsmultirange tstzmultirange`), // arrays and ranges
  ...words(`
    to_json to_jsonb array_to_json row_to_json json_build_array json_build_object jsonb_build_array
    jsonb_build_object json_object jsonb_object json_array_length jsonb_array_length json_each
    jsonb_each json_each_text jsonb_each_text json_extract_path jsonb_extract_path
    json_extract_path_text jsonb_extract_path_text json_object_keys jsonb_object_keys
    json_populate_record jsonb_populate_record json_populate_recordset jsonb_populate_recordset
    jsonb_populate_record_valid json_array_elements jsonb_array_elements json_array_elements_text
    jsonb_array_elements_text json_typeof jsonb_typeof json_to_record jsonb_to_record
    json_to_recordset jsonb_to_recordset json_strip_nulls jsonb_strip_nulls jsonb_set jsonb_set_lax
    jsonb_insert jsonb_pretty jsonb_path_exists jsonb_path_match jsonb_path_query
    jsonb_path_query_array jsonb_path_query_first jsonb_path_exists_tz jsonb_path_match_tz
    jsonb_path_query_tz jsonb_path_query_array_tz jsonb_path_query_first_tz`), // JSON
  ...words(`
    to_tsvector to_tsquery plainto_tsquery phraseto_tsquery websearch_to_tsquery array_to_tsvector
    json_to_tsvector jsonb_to_tsvector tsvector_to_array tsquery_phrase numnode querytree setweight
    strip ts_delete ts_filter ts_headline ts_rank ts_rank_cd`), // full-text search
]);

/** The same for pgvector and pg_trgm, which live in the schema `extensions`. */
export const extensionFunctions: ReadonlySet<string> = new Set(
  words(`
    similarity word_similarity strict_word_similarity show_trgm
    cosine_distance l2_distance l1_distance inner_product hamming_distance jaccard_distance
    vector_dims vector_norm l2_norm l2_normalize binary_quantize subvector`),
);

/** Functions whose result is a row of these columns. */
export const rowFunctions: ReadonlyMap<string, readonly string[]> = new Map(
  ['json_each', 'jsonb_each', 'json_each_text', 'jsonb_each_text'].map((name) => [
    name,
    ['key', 'value'],
  ]),
);

/** Functions whose one result column has this name, whatever the alias in FROM. */
export const namedResultFunctions: ReadonlyMap<string, string> = new Map(
  [
    'json_array_elements',
    'jsonb_array_elements',
    'json_array_elements_text',
    'jsonb_array_elements_text',
  ].map((name) => [name, 'value']),
);

/** Functions whose result columns depend on their arguments: no name is certain in FROM. */
export const argumentShapedFunctions: ReadonlySet<string> = new Set([
  'unnest',
  'json_populate_record',
  'jsonb_populate_record',
  'json_populate_recordset',
  'jsonb_populate_recordset',
  'json_to_record',
  'jsonb_to_record',
  'json_to_recordset',
  'jsonb_to_recordset',
]);

function words(text: string): string[] {
  return text.trim().split(/\s+/);
}
