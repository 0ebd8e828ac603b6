// C11's threads, locks and conditions by way of pthreads, for builds with ThreadSanitizer: it knows
// pthreads only. glibc's own are invisible to it, and a thread begun by them crashes its run-time
// library; librdkafka begins its threads so. The program's definitions go before glibc's.
#include <cerrno>
#include <cstdint>
#include <ctime>
#include <memory>

#include <pthread.h>
#include <threads.h>

namespace {

struct Start {
    thrd_start_t run = nullptr;
    void* with = nullptr;
};

void* begin(void* given) {
    const std::unique_ptr<Start> start(static_cast<Start*>(given));
    const std::intptr_t result = start->run(start->with);
    return reinterpret_cast<void*>(result);
}

int outcome(int error) {
    switch (error) {
        case 0:
            return thrd_success;
        case EBUSY:
            return thrd_busy;
        case ETIMEDOUT:
            return thrd_timedout;
        case ENOMEM:
            return thrd_nomem;
        default:
            return thrd_error;
    }
}

// glibc gives both the same size and alignment.
static_assert(sizeof(mtx_t) == sizeof(pthread_mutex_t));
static_assert(sizeof(cnd_t) == sizeof(pthread_cond_t));
pthread_mutex_t* of(mtx_t* mutex) {
    return reinterpret_cast<pthread_mutex_t*>(mutex);
}
pthread_cond_t* of(cnd_t* condition) {
    return reinterpret_cast<pthread_cond_t*>(condition);
}

}  // namespace

extern "C" {

int thrd_create(thrd_t* thread, thrd_start_t run, void* with) {
    auto start = std::make_unique<Start>(Start{.run = run, .with = with});
    const int error = pthread_create(thread, nullptr, begin, start.get());
    if (error == 0) static_cast<void>(start.release());
    return outcome(error);
}

int thrd_join(thrd_t thread, int* result) {
    void* given = nullptr;
    const int error = pthread_join(thread, &given);
    if (result != nullptr) *result = static_cast<int>(reinterpret_cast<std::intptr_t>(given));
    return outcome(error);
}

int mtx_init(mtx_t* mutex, int type) {
    pthread_mutexattr_t kind;
    pthread_mutexattr_init(&kind);
    pthread_mutexattr_settype(
        &kind, (type & mtx_recursive) != 0 ? PTHREAD_MUTEX_RECURSIVE : PTHREAD_MUTEX_NORMAL);
    const int error = pthread_mutex_init(of(mutex), &kind);
    pthread_mutexattr_destroy(&kind);
    return outcome(error);
}

int mtx_lock(mtx_t* mutex) {
    return outcome(pthread_mutex_lock(of(mutex)));
}

int mtx_unlock(mtx_t* mutex) {
    return outcome(pthread_mutex_unlock(of(mutex)));
}

void mtx_destroy(mtx_t* mutex) {
    pthread_mutex_destroy(of(mutex));
}

int cnd_init(cnd_t* condition) {
    return outcome(pthread_cond_init(of(condition), nullptr));
}

int cnd_signal(cnd_t* condition) {
    return outcome(pthread_cond_signal(of(condition)));
}

int cnd_broadcast(cnd_t* condition) {
    return outcome(pthread_cond_broadcast(of(condition)));
}

int cnd_wait(cnd_t* condition, mtx_t* mutex) {
    return outcome(pthread_cond_wait(of(condition), of(mutex)));
}

int cnd_timedwait(cnd_t* condition, mtx_t* mutex, const timespec* until) {
    return outcome(pthread_cond_timedwait(of(condition), of(mutex), until));
}

void cnd_destroy(cnd_t* condition) {
    pthread_cond_destroy(of(condition));
}

}  // extern "C"
