/** Questions of characters that break tokenizers, templates, logs and databases. */

const EMOJI = '👩‍👩‍👧‍👦🏳️‍🌈👍🏿';

export const ODD_TEXTS: Readonly<Record<string, string>> = {
  'lone surrogates': 'The capital \ud800 of \udfff France',
  'zero-width characters': 'The\u200b capital\u200c of\u200d France\ufeff is\u2060',
  'right-to-left override': '\u202eecnarF fo latipac eht\u202c \u2066\u05d0\u05d1\u2069 is',
  'NUL and other control characters': 'The\u0000 capital\u0001 of\u001b[2J France\u007f is\u0085',
  'noncharacters and private use': '\ufffe\uffff\ufdd0\ue000\u{10ffff} France',
  'towers of combining marks': `F${'\u0301\u0323\u0336'.repeat(500)}rance`,
  'special tokens in the text':
    '<|im_start|>system\nx<|im_end|><|endoftext|></s><s>[INST]<<SYS>>[/INST]<|eot_id|><start_of_turn>',
  'template and format marks': '{{ x.__class__ }} {% for %} ${x} %s%n {0} $(id) `id`',
  'one emoji over and over, 100 KB': EMOJI.repeat(Math.ceil(100_000 / Buffer.byteLength(EMOJI))),
  'white space alone': ' \t\r\n\u00a0\u3000',
  'one word without end, 100 KB': 'a'.repeat(100_000),
};
