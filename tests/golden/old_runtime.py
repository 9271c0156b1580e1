"""An older TensorFlow, called through its C interface: it runs operators that TensorFlow 2.21 only knows by name.

One process cannot have both, so this file is a program, too: it answers the requests of an OldRuntime.
"""
import ctypes
import os
import pickle
import subprocess
import sys

import numpy as np

from inputs import DTYPE_NAMES, DTYPE_NUMBERS, numpy_dtype

STRING = DTYPE_NUMBERS['string']
STRING_BYTES = 24  # of a TF_TString
SMALL, LARGE, OFFSET, VIEW = range(4)


class Refused(ValueError):
    pass


class Buffer(ctypes.Structure):
    _fields_ = [('data', ctypes.c_void_p), ('length', ctypes.c_size_t), ('free', ctypes.c_void_p)]


class Output(ctypes.Structure):
    _fields_ = [('operation', ctypes.c_void_p), ('index', ctypes.c_int)]


def find(folder, name):
    for place, _, files in os.walk(folder):
        if name in files:
            return os.path.join(place, name)
    raise FileNotFoundError(f'{folder} has no {name}')


def text_of(address):
    """The bytes of the string object at an address."""
    head = ctypes.string_at(address, STRING_BYTES)
    kind = head[0] & 3
    if kind == SMALL:
        return head[1:1 + (head[0] >> 2)]
    if kind == OFFSET:
        size, offset = np.frombuffer(head, np.uint32, 2)
        return ctypes.string_at(address + int(offset), int(size) >> 2)
    size = int.from_bytes(head[:8], 'little') >> 2
    return ctypes.string_at(int.from_bytes(head[8 if kind == VIEW else 16:][:8], 'little'), size)


class OldRuntime:
    """The library of a folder, in which libtensorflow_cc.so.2 and libtensorflow_framework.so.2 lie somewhere."""

    def __init__(self, folder, config):
        self.process = subprocess.Popen([sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.version = self.ask((folder, config))

    def ask(self, request):
        pickle.dump(request, self.process.stdin)
        self.process.stdin.flush()
        try:
            ok, answer = pickle.load(self.process.stdout)
        except EOFError:
            sys.exit(f'the older TensorFlow ended with {self.process.wait()}')
        if not ok:
            raise Refused(answer)
        return answer

    def run(self, graph_def, feeds, fetches, targets):
        """[(dtype, array)] of what one run of a new session fetches. `feeds`: edge to (dtype, array)."""
        return self.ask((graph_def.SerializeToString(), feeds, fetches, targets))


def answer():
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), 'wb')
    os.dup2(2, 1)
    library = None
    while True:
        try:
            request = pickle.load(requests)
        except EOFError:
            return
        try:
            if library is None:
                library = Library(*request)
                result = True, library.version
            else:
                result = True, library.run(*request)
        except (Refused, OSError) as error:
            result = False, str(error)
        pickle.dump(result, answers)
        answers.flush()


class Library:

    def __init__(self, folder, config):
        ctypes.CDLL(find(folder, 'libtensorflow_framework.so.2'), ctypes.RTLD_GLOBAL)
        self.lib = ctypes.CDLL(find(folder, 'libtensorflow_cc.so.2'))
        for name in ('TF_Version', 'TF_Message'):
            getattr(self.lib, name).restype = ctypes.c_char_p
        for name in ('TF_NewStatus', 'TF_NewGraph', 'TF_NewSession', 'TF_NewSessionOptions', 'TF_NewImportGraphDefOptions',
                     'TF_NewBufferFromString', 'TF_AllocateTensor', 'TF_TensorData', 'TF_GraphOperationByName'):
            getattr(self.lib, name).restype = ctypes.c_void_p
        for name in ('TF_Dim', 'TF_TensorByteSize'):
            getattr(self.lib, name).restype = ctypes.c_int64
        self.version = self.lib.TF_Version().decode()
        self.config = config

    def call(self, name, *arguments):
        """A call whose last parameter is a TF_Status."""
        status = ctypes.c_void_p(self.lib.TF_NewStatus())
        try:
            result = getattr(self.lib, name)(*arguments, status)
            if self.lib.TF_GetCode(status) != 0:
                raise Refused(self.lib.TF_Message(status).decode(errors='replace'))
            return result
        finally:
            self.lib.TF_DeleteStatus(status)

    def tensor(self, dtype, array, keep):
        """A TF_Tensor; strings stay in `keep`."""
        shape = array.shape
        is_text = dtype == 'string'
        data = np.ascontiguousarray(array)
        size = data.size * STRING_BYTES if is_text else data.nbytes
        dims = (ctypes.c_int64 * max(len(shape), 1))(*shape)
        made = ctypes.c_void_p(self.lib.TF_AllocateTensor(DTYPE_NUMBERS[dtype], dims, len(shape), ctypes.c_size_t(size)))
        to = self.lib.TF_TensorData(made)
        if is_text:
            for i, value in enumerate(data.reshape(-1)):
                buffer = ctypes.create_string_buffer(bytes(value), max(len(value), 1))
                keep.append(buffer)
                head = (len(value) << 2 | VIEW).to_bytes(8, 'little') + ctypes.addressof(buffer).to_bytes(8, 'little') + bytes(8)
                ctypes.memmove(to + i * STRING_BYTES, head, STRING_BYTES)
        elif size:
            ctypes.memmove(to, data.tobytes(), size)
        return made

    def array(self, made):
        """The dtype and content of a TF_Tensor."""
        name = DTYPE_NAMES[self.lib.TF_TensorType(made)]
        shape = tuple(self.lib.TF_Dim(made, i) for i in range(self.lib.TF_NumDims(made)))
        from_ = self.lib.TF_TensorData(made)
        if name == 'string':
            out = np.empty(int(np.prod(shape, dtype=np.int64)), dtype=object)
            out[:] = [text_of(from_ + i * STRING_BYTES) for i in range(out.size)]
            return name, out.reshape(shape)
        data = ctypes.string_at(from_, self.lib.TF_TensorByteSize(made)) if from_ else b''
        return name, np.frombuffer(data, numpy_dtype(name)).reshape(shape).copy()

    def run(self, serialized, feeds, fetches, targets):
        graph = ctypes.c_void_p(self.lib.TF_NewGraph())
        session = None
        try:
            buffer = ctypes.c_void_p(self.lib.TF_NewBufferFromString(serialized, ctypes.c_size_t(len(serialized))))
            options = ctypes.c_void_p(self.lib.TF_NewImportGraphDefOptions())
            self.call('TF_GraphImportGraphDef', graph, buffer, options)
            self.lib.TF_DeleteImportGraphDefOptions(options)
            self.lib.TF_DeleteBuffer(buffer)
            options = ctypes.c_void_p(self.lib.TF_NewSessionOptions())
            self.call('TF_SetConfig', options, self.config, ctypes.c_size_t(len(self.config)))
            session = ctypes.c_void_p(self.call('TF_NewSession', graph, options))
            self.lib.TF_DeleteSessionOptions(options)
            return self.run_session(session, graph, feeds, fetches, targets)
        finally:
            if session is not None:
                self.call('TF_CloseSession', session)
                self.call('TF_DeleteSession', session)
            self.lib.TF_DeleteGraph(graph)

    def run_session(self, session, graph, feeds, fetches, targets):
        def output(edge):
            name, _, index = edge.partition(':')
            operation = self.lib.TF_GraphOperationByName(graph, name.encode())
            if operation is None:
                raise Refused(f'the graph has no node {name}')
            return Output(operation, int(index or 0))

        keep = []
        inputs = [self.tensor(*value, keep) for value in feeds.values()]
        results = (ctypes.c_void_p * max(len(fetches), 1))()
        nodes = [output(name).operation for name in targets]
        try:
            self.call('TF_SessionRun', session, None,
                      (Output * max(len(feeds), 1))(*map(output, feeds)), (ctypes.c_void_p * max(len(inputs), 1))(*inputs), len(inputs),
                      (Output * max(len(fetches), 1))(*map(output, fetches)), results, len(fetches),
                      (ctypes.c_void_p * max(len(nodes), 1))(*nodes), len(nodes), None)
            return [self.array(ctypes.c_void_p(made)) for made in results[:len(fetches)]]
        finally:
            for made in [*inputs, *(ctypes.c_void_p(made) for made in results if made)]:
                self.lib.TF_DeleteTensor(made)


if __name__ == '__main__':
    answer()
