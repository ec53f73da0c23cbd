// config.json as Hugging Face's transformers write it.

#include <nlohmann/json.hpp>

#include "jest/learner/decoder.hpp"

namespace jest {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t kMost = std::int64_t{1} << 31;

/// Fields of a config, by the names they have there.
class Config {
 public:
  Config(const std::string& content, const std::string& name) : operation_("read " + name) {
    json_ = Json::parse(content, nullptr, /*allow_exceptions=*/false);
    if (!json_.is_object()) refuse(operation_, "a JSON object", "something else");
  }

  std::string word(const char* key, const std::string& fallback) const {
    const Json& value = at(key);
    if (value.is_null()) return fallback;
    if (!value.is_string()) refuse(operation_, text(key, ", a word"), shown(value));
    return value.get<std::string>();
  }
  std::int64_t count(const char* key, std::int64_t fallback) const {
    const Json& value = at(key);
    if (value.is_null() && fallback >= 0) return fallback;
    if (value.is_number_integer()) {
      const auto number = value.get<std::int64_t>();
      if (number >= 1 && number <= kMost) return number;
    }
    refuse(operation_, text(key, ", a whole number of at least 1"), shown(value));
  }
  double number(const char* key, double fallback) const { return number(json_, key, fallback); }
  bool flag(const char* key, bool fallback) const {
    const Json& value = at(key);
    if (value.is_null()) return fallback;
    if (!value.is_boolean()) refuse(operation_, text(key, ", true or false"), shown(value));
    return value.get<bool>();
  }
  /// What is not carried out here must be switched off.
  void expect_off(const char* key) const {
    if (flag(key, false)) refuse(operation_, text(key, " false"), "true");
  }
  void expect_word(const char* key, const std::string& expected) const {
    const std::string found = word(key, expected);
    if (found != expected) refuse(operation_, text(key, " ", expected), found);
  }
  /// θ, where it is not scaled; transformers 5 has it in an object of its own.
  double rotary_base() const {
    double base = number("rope_theta", 10000);
    for (const char* key : {"rope_scaling", "rope_parameters"}) {
      const Json& object = at(key);
      if (!object.is_object()) continue;
      for (const char* type : {"rope_type", "type"}) {
        if (!object.contains(type) || object[type] == "default") continue;
        refuse(operation_, text(key, " of the type default"), shown(object[type]));
      }
      base = number(object, "rope_theta", base);
    }
    return base;
  }
  const std::string& operation() const { return operation_; }

 private:
  const Json& at(const char* key) const {
    static const Json kNone;
    const auto found = json_.find(key);
    return found == json_.end() ? kNone : *found;
  }
  double number(const Json& object, const char* key, double fallback) const {
    const auto found = object.find(key);
    if (found == object.end() || found->is_null()) return fallback;
    if (found->is_number() && found->get<double>() > 0) return found->get<double>();
    refuse(operation_, text(key, ", a number above 0"), shown(*found));
  }
  static std::string shown(const Json& value) {
    return value.is_null()
               ? "none"
               : value.dump(-1, ' ', true, Json::error_handler_t::replace).substr(0, 60);
  }

  std::string operation_;
  Json json_;
};

DecoderSpec llama_spec(const Config& config) {
  config.expect_word("hidden_act", "silu");
  config.expect_off("attention_bias");
  config.expect_off("mlp_bias");
  const std::int64_t heads = config.count("num_attention_heads", -1);
  return {.shape = DecoderShape::kLlama,
          .vocabulary = config.count("vocab_size", -1),
          .hidden = config.count("hidden_size", -1),
          .layers = config.count("num_hidden_layers", -1),
          .heads = heads,
          .key_heads = config.count("num_key_value_heads", heads),
          .head_width = config.count("head_dim", 0),
          .expansion = config.count("intermediate_size", -1),
          .positions = config.count("max_position_embeddings", 2048),
          .epsilon = config.number("rms_norm_eps", 1e-6),
          .rotary_base = config.rotary_base(),
          .tied = config.flag("tie_word_embeddings", false),
          .deviation = config.number("initializer_range", 0.02)};
}

DecoderSpec gpt2_spec(const Config& config) {
  const std::string activation = config.word("activation_function", "gelu_new");
  if (activation != "gelu_new" && activation != "gelu_pytorch_tanh") {
    refuse(config.operation(), "activation_function gelu_new", activation);
  }
  config.expect_off("scale_attn_by_inverse_layer_idx");
  if (!config.flag("scale_attn_weights", true)) {
    refuse(config.operation(), "scale_attn_weights true", "false");
  }
  return {.shape = DecoderShape::kGpt2,
          .vocabulary = config.count("vocab_size", -1),
          .hidden = config.count("n_embd", -1),
          .layers = config.count("n_layer", -1),
          .heads = config.count("n_head", -1),
          .expansion = config.count("n_inner", 0),
          .positions = config.count("n_positions", 1024),
          .epsilon = config.number("layer_norm_epsilon", 1e-5),
          .tied = config.flag("tie_word_embeddings", true),
          .deviation = config.number("initializer_range", 0.02)};
}

std::int64_t default_expansion(const DecoderSpec& spec) {
  constexpr std::int64_t kMultiple = 32;
  if (spec.shape == DecoderShape::kGpt2) return 4 * spec.hidden;
  return (8 * spec.hidden / 3 + kMultiple - 1) / kMultiple * kMultiple;
}

void check(const DecoderSpec& spec) {
  for (const auto& [name, value] :
       {std::pair("vocabulary", spec.vocabulary), std::pair("hidden width", spec.hidden),
        std::pair("number of layers", spec.layers), std::pair("number of heads", spec.heads),
        std::pair("number of key heads", spec.key_heads),
        std::pair("width of heads", spec.head_width), std::pair("expansion", spec.expansion),
        std::pair("number of positions", spec.positions)}) {
    if (value < 1 || value > kMost) refuse("decoder", text("a ", name, " of at least 1"), value);
  }
  if (spec.heads % spec.key_heads != 0) {
    refuse("decoder", text("key heads that divide the ", spec.heads, " heads"), spec.key_heads);
  }
  if (spec.shape == DecoderShape::kLlama && spec.head_width % 2 != 0) {
    refuse("decoder", "heads of an even width", spec.head_width);
  }
  if (spec.shape == DecoderShape::kGpt2 &&
      (spec.heads * spec.head_width != spec.hidden || spec.key_heads != spec.heads)) {
    refuse("decoder", text(spec.heads, " heads that divide the hidden width"), spec.hidden);
  }
}

}  // namespace

DecoderSpec complete(DecoderSpec spec) {
  if (spec.key_heads == 0) spec.key_heads = spec.heads;
  if (spec.head_width == 0 && spec.heads > 0) {
    if (spec.hidden % spec.heads != 0) {
      refuse("decoder", text(spec.heads, " heads that divide the hidden width"), spec.hidden);
    }
    spec.head_width = spec.hidden / spec.heads;
  }
  if (spec.expansion == 0) spec.expansion = default_expansion(spec);
  check(spec);
  return spec;
}

DecoderSpec parse_decoder_config(const std::string& json, const std::string& name) {
  const Config config(json, name);
  const std::string type = config.word("model_type", "none");
  if (type == "llama") return complete(llama_spec(config));
  if (type == "gpt2") return complete(gpt2_spec(config));
  refuse(config.operation(), "model_type llama or gpt2", type);
}

std::string decoder_config(const DecoderSpec& spec) {
  nlohmann::ordered_json json;
  if (spec.shape == DecoderShape::kLlama) {
    json = {{"architectures", {"LlamaForCausalLM"}},
            {"model_type", "llama"},
            {"hidden_size", spec.hidden},
            {"num_hidden_layers", spec.layers},
            {"num_attention_heads", spec.heads},
            {"num_key_value_heads", spec.key_heads},
            {"head_dim", spec.head_width},
            {"intermediate_size", spec.expansion},
            {"max_position_embeddings", spec.positions},
            {"rms_norm_eps", spec.epsilon},
            {"rope_theta", spec.rotary_base},
            {"hidden_act", "silu"}};
  } else {
    json = {{"architectures", {"GPT2LMHeadModel"}},
            {"model_type", "gpt2"},
            {"n_embd", spec.hidden},
            {"n_layer", spec.layers},
            {"n_head", spec.heads},
            {"n_inner", spec.expansion},
            {"n_positions", spec.positions},
            {"layer_norm_epsilon", spec.epsilon},
            {"activation_function", "gelu_new"},
            {"attn_pdrop", 0.0},
            {"embd_pdrop", 0.0},
            {"resid_pdrop", 0.0}};
  }
  json["vocab_size"] = spec.vocabulary;
  json["tie_word_embeddings"] = spec.tied;
  json["initializer_range"] = spec.deviation;
  json["torch_dtype"] = "float32";
  return json.dump(2) + "\n";
}

}  // namespace jest
