/**
 * The names that a pickle may ask for: what PyTorch's own restricted unpickler lets in (torch 2.15,
 * `_get_allowed_globals` in torch/_weights_only_unpickler.py, as `torch.load(weights_only=True)` uses it), and beside
 * it what NumPy and joblib write for plain arrays. Data only; everything else is unsafe unless the user names it.
 */

const TORCH = `
_codecs.encode builtins.bytearray builtins.complex builtins.set collections.Counter collections.OrderedDict
torch.Size torch.Tensor torch.device torch.nn.parameter.Parameter torch.serialization._get_layout
torch._tensor._rebuild_from_type_v2 torch._utils._rebuild_device_tensor_from_cpu_tensor
torch._utils._rebuild_device_tensor_from_numpy torch._utils._rebuild_meta_tensor_no_storage
torch._utils._rebuild_parameter torch._utils._rebuild_parameter_with_state torch._utils._rebuild_qtensor
torch._utils._rebuild_sparse_tensor torch._utils._rebuild_tensor torch._utils._rebuild_tensor_v2
torch._utils._rebuild_tensor_v3 torch._utils._rebuild_wrapper_subclass
torch.storage.TypedStorage torch.storage.UntypedStorage
torch.per_channel_affine torch.per_channel_affine_float_qparams torch.per_channel_symmetric
torch.per_tensor_affine torch.per_tensor_symmetric`;

const TORCH_DTYPES = `
bcomplex32 bfloat16 bits16 bits1x8 bits2x4 bits4x2 bits8 bool complex128 complex32 complex64 float16 float32
float4_e2m1fn_x2 float64 float8_e4m3fn float8_e4m3fnuz float8_e5m2 float8_e5m2fnuz float8_e8m0fnu int1 int16 int2
int3 int32 int4 int5 int6 int64 int7 int8 qint32 qint8 quint2x4 quint4x2 quint8 uint1 uint16 uint2 uint3 uint32
uint4 uint5 uint6 uint64 uint7 uint8`;

/** Bytes of one element of each legacy storage class, which the legacy and tar formats need. */
export const STORAGE_BYTES: Readonly<Record<string, number>> = {
  Double: 8,
  Float: 4,
  Half: 2,
  Long: 8,
  Int: 4,
  Short: 2,
  Char: 1,
  Byte: 1,
  Bool: 1,
  BFloat16: 2,
  ComplexDouble: 16,
  ComplexFloat: 8,
  QUInt8: 1,
  QInt8: 1,
  QInt32: 4,
  QUInt4x2: 1,
  QUInt2x4: 1,
  Untyped: 1,
};

const CPU_ONLY_STORAGES = ['QUInt8', 'QInt8', 'QInt32', 'QUInt4x2', 'QUInt2x4'];
const TENSORS = words('Double Float Half Long Int Short Char Byte BFloat16');

const NUMPY = `
numpy.ndarray numpy.dtype numpy._core.multiarray._reconstruct numpy.core.multiarray._reconstruct
numpy._core.multiarray.scalar numpy.core.multiarray.scalar numpy._core.numeric._frombuffer
numpy.core.numeric._frombuffer joblib.numpy_pickle.NumpyArrayWrapper builtins.bytes`;

/** What TorchScript archives add; PyTorch reads those with an unpickler of its own, in C++. */
export const TORCHSCRIPT = new Set(
  words(
    'build_intlist build_tensorlist build_doublelist build_boollist build_tensor_from_id restore_type_tag',
  ).map((name) => `torch.jit._pickle.${name}`),
);

/** PyTorch lets nobody allow these, and neither do we. */
const NEVER = new Set(['sys', 'os', 'posix', 'nt']);

/** Python 2's names, which loaders map (`fix_imports`). */
const RENAMED: Readonly<Record<string, string>> = {
  '__builtin__.set': 'builtins.set',
  '__builtin__.bytes': 'builtins.bytes',
  '__builtin__.bytearray': 'builtins.bytearray',
  '__builtin__.complex': 'builtins.complex',
};

export const ALLOWED_GLOBALS: ReadonlySet<string> = new Set([
  ...words(TORCH),
  ...words(TORCH_DTYPES).map((name) => `torch.${name}`),
  ...Object.keys(STORAGE_BYTES)
    .filter((name) => name !== 'Untyped')
    .flatMap((name) => [
      `torch.${name}Storage`,
      ...(CPU_ONLY_STORAGES.includes(name) ? [] : [`torch.cuda.${name}Storage`]),
    ]),
  ...[...TENSORS, 'Bool'].flatMap((name) => [`torch.${name}Tensor`, `torch.cuda.${name}Tensor`]),
  ...TENSORS.flatMap((name) => [`torch.sparse.${name}Tensor`, `torch.cuda.sparse.${name}Tensor`]),
  ...words(NUMPY),
]);

/** Whether `allow-globals` may hold this name. */
export function mayBeAllowed(name: string): boolean {
  return !NEVER.has(name.split('.')[0] ?? '');
}

/** Modules that no weights need: files that ask for them get no advice on how to let them in. */
const ATTACKS = new Set(
  words(`builtins __builtin__ subprocess pty pip runpy importlib pkgutil timeit cProfile profile bdb pdb code codeop
ctypes _ctypes webbrowser operator _operator functools types marshal pickle _pickle dill cloudpickle shutil socket
multiprocessing asyncio commands platform requests urllib http httplib aiohttp ftplib smtplib imaplib telnetlib ssl
io _io logging uuid venv ensurepip distutils doctest trace pydoc idlelib lib2to3 test _osx_support _aix_support _pyrepl`),
);

export function runsCode(name: string): boolean {
  return !mayBeAllowed(name) || ATTACKS.has(name.split('.')[0] ?? '');
}

/** The name under which the allow-list knows a global, or null: a dotted attribute is never one. */
export function canonicalName(module: string, name: string): string | null {
  if (name.includes('.') || module === '' || name === '') return null;
  const full = `${module}.${name}`;
  return RENAMED[full] ?? full;
}

function words(text: string): string[] {
  return text.trim().split(/\s+/);
}
