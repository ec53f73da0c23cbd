// config.json of decoders; what one says is written as it is read.
#include "fuzz.hpp"
#include "jest/learner/decoder.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace jest;
  return fuzz::read_or_refuse([&] {
    const DecoderSpec spec = parse_decoder_config(std::string(fuzz::text_of(data, size)), "some");
    const std::string written = decoder_config(spec);
    fuzz::expect(decoder_config(parse_decoder_config(written, "again")) == written, "the same");
  });
}
