/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every callback has the same shape: who asks, one call, one answer; reply_err()
 * is the only place that maps our codes to errno. All callbacks stand in this one
 * file, though it is long, since it alone (with app/mount.c) knows libfuse.
 *
 * The kernel settings that matter (measured, see docs/design.md): direct_io for
 * what is written and for texts, a block size of 1 MiB so that cp sends such
 * pieces, no extended attributes, no write-back cache, no asynchronous direct
 * I/O, and no caching of names or attributes.
 */
#define FUSE_USE_VERSION 314
#include "fs/fsops.h"

#include <fcntl.h>
#include <fuse_lowlevel.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/log.h"
#include "base/scope.h"
#include "fs/caller.h"
#include "fs/drop.h"
#include "fs/tree.h"
#include "job/uploader.h"

#define BLOCK_BYTES	(1u << 20)
#define TEXT_MAX	(256u << 20)
#define NANO		1000000000
#define BIG_DISK_BLOCKS (1ull << 30) /* 1 PiB of 1 MiB blocks */

enum handle_kind { HANDLE_TEXT, HANDLE_LIST, HANDLE_WRITE, HANDLE_BLIND };

struct handle {
	enum handle_kind kind;
	struct buf text;	     /* HANDLE_TEXT */
	pthread_mutex_t reading;     /* text: an answer is being sent from it */
	struct tree_list list;	     /* HANDLE_LIST */
	struct dropfile_handle drop; /* HANDLE_WRITE */
};

static struct tree *tree_of(fuse_req_t req)
{
	return fuse_req_userdata(req);
}

static struct handle *handle_of(const struct fuse_file_info *fi)
{
	return (struct handle *)(uintptr_t)fi->fh;
}

static void reply_err(fuse_req_t req, int r)
{
	(void)fuse_reply_err(req,
			     r == 0 ? 0 : errcode_errno(r)); /* the caller may be gone */
}

static void who_asks(fuse_req_t req, struct access_who *who)
{
	const struct fuse_ctx *ctx = fuse_req_ctx(req);
	int n;

	who->uid = ctx->uid;
	who->gid = ctx->gid;
	who->n_groups = 0;
	if (ctx->uid == 0)
		return;
	n = fuse_req_getgroups(req, ACCESS_GROUPS, who->groups);
	if (n > 0)
		who->n_groups = n < ACCESS_GROUPS ? (size_t)n : ACCESS_GROUPS;
}

static void to_stat(const struct tree_attr *a, struct stat *st)
{
	memset(st, 0, sizeof(*st));
	st->st_ino = a->ino;
	st->st_mode = a->mode;
	st->st_nlink = S_ISDIR(a->mode) ? 2 : 1;
	st->st_uid = a->uid;
	st->st_gid = a->gid;
	st->st_size = (off_t)a->size;
	st->st_blksize = BLOCK_BYTES;
	st->st_blocks = (blkcnt_t)((a->size + 511) / 512);
	st->st_mtim.tv_sec = a->mtime_ns / NANO;
	st->st_mtim.tv_nsec = a->mtime_ns % NANO;
	if (st->st_mtim.tv_nsec < 0) { /* before 1970 */
		st->st_mtim.tv_sec--;
		st->st_mtim.tv_nsec += NANO;
	}
	st->st_atim = st->st_mtim;
	st->st_ctim = st->st_mtim;
}

static void to_entry(const struct tree_attr *a, struct fuse_entry_param *e)
{
	memset(e, 0, sizeof(*e));
	e->ino = a->ino;
	to_stat(a, &e->attr);
}

static void reply_entry(fuse_req_t req, int r, const struct tree_attr *a)
{
	struct fuse_entry_param e;

	if (r < 0) {
		reply_err(req, r);
		return;
	}
	to_entry(a, &e);
	if (fuse_reply_entry(req, &e) < 0)
		tree_forget(tree_of(req), a->ino, 1);
}

static void reply_attr(fuse_req_t req, int r, const struct tree_attr *a)
{
	struct stat st;

	if (r < 0) {
		reply_err(req, r);
		return;
	}
	to_stat(a, &st);
	(void)fuse_reply_attr(req, &st, 0);
}

/* --- connection -------------------------------------------------------------- */

static void op_init(void *userdata, struct fuse_conn_info *conn)
{
	(void)userdata;
	conn->max_write = BLOCK_BYTES;
	conn->want &= ~(unsigned)(FUSE_CAP_ASYNC_DIO | FUSE_CAP_WRITEBACK_CACHE |
				  FUSE_CAP_SPLICE_READ);
	conn->want |= conn->capable & FUSE_CAP_ATOMIC_O_TRUNC;
}

/* --- names ------------------------------------------------------------------- */

static void op_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct access_who who;
	struct tree_attr a;

	who_asks(req, &who);
	reply_entry(req, tree_lookup(tree_of(req), parent, name, &who, &a), &a);
}

static void op_forget(fuse_req_t req, fuse_ino_t ino, uint64_t n)
{
	tree_forget(tree_of(req), ino, n);
	fuse_reply_none(req);
}

static void op_forget_multi(fuse_req_t req, size_t count,
			    struct fuse_forget_data *forgets)
{
	for (size_t i = 0; i < count; i++)
		tree_forget(tree_of(req), forgets[i].ino, forgets[i].nlookup);
	fuse_reply_none(req);
}

static void op_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode)
{
	struct access_who who;
	struct tree_attr a;

	who_asks(req, &who);
	reply_entry(req, drop_mkdir(tree_of(req), parent, name, mode, &who, &a), &a);
}

static void op_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
		     dev_t rdev)
{
	const struct dropfile_open o = {0};
	struct access_who who;
	struct tree_attr a;
	int r = -EPERM;

	(void)rdev;
	who_asks(req, &who);
	if (S_ISREG(mode))
		r = drop_create(tree_of(req), parent, name, mode, &who, &o, NULL, &a);
	reply_entry(req, r, &a);
}

static void op_symlink(fuse_req_t req, const char *link, fuse_ino_t parent,
		       const char *name)
{
	(void)link;
	(void)parent;
	(void)name;
	reply_err(req, -EPERM);
}

static void op_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t parent, const char *name)
{
	(void)ino;
	(void)parent;
	(void)name;
	reply_err(req, -EPERM);
}

static void op_unlink(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct access_who who;

	who_asks(req, &who);
	reply_err(req, drop_unlink(tree_of(req), parent, name, &who));
}

static void op_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct access_who who;

	who_asks(req, &who);
	reply_err(req, drop_rmdir(tree_of(req), parent, name, &who));
}

static void op_rename(fuse_req_t req, fuse_ino_t parent, const char *name, fuse_ino_t to,
		      const char *new_name, unsigned flags)
{
	struct access_who who;
	int r = -EINVAL;

	who_asks(req, &who);
	if ((flags & ~(unsigned)RENAME_NOREPLACE) == 0)
		r = drop_rename(tree_of(req), parent, name, to, new_name,
				flags & RENAME_NOREPLACE, &who);
	reply_err(req, r);
}

/* --- attributes --------------------------------------------------------------- */

static void op_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct tree_attr a;

	(void)fi;
	reply_attr(req, tree_getattr(tree_of(req), ino, &a), &a);
}

static int64_t wanted_mtime(const struct stat *st, int to_set)
{
	const int64_t far = INT64_MAX / NANO - 1; /* the year 2262 */
	struct timespec at = st->st_mtim;

	if (to_set & FUSE_SET_ATTR_MTIME_NOW)
		clock_gettime(CLOCK_REALTIME, &at);
	if (at.tv_sec > far || at.tv_sec < -far)
		at.tv_sec = at.tv_sec > 0 ? far : -far;
	return (int64_t)at.tv_sec * NANO + at.tv_nsec;
}

static void op_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *st, int to_set,
		       struct fuse_file_info *fi)
{
	struct handle *h = fi ? handle_of(fi) : NULL;
	struct drop_change c = {
		.mode_set = to_set & FUSE_SET_ATTR_MODE,
		.mode = st->st_mode,
		.mtime_set = to_set & (FUSE_SET_ATTR_MTIME | FUSE_SET_ATTR_MTIME_NOW),
		.owner_set = to_set & (FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID),
		.size_set = to_set & FUSE_SET_ATTR_SIZE,
		.size = (uint64_t)st->st_size,
		.h = h && h->kind == HANDLE_WRITE ? &h->drop : NULL,
	};
	struct access_who who;
	struct tree_attr a;

	c.mtime_ns = c.mtime_set ? wanted_mtime(st, to_set) : 0;
	who_asks(req, &who);
	reply_attr(req, drop_setattr(tree_of(req), ino, &c, &who, &a), &a);
}

static void op_access(fuse_req_t req, fuse_ino_t ino, int mask)
{
	struct access_who who;

	who_asks(req, &who);
	reply_err(req, mask == F_OK ? 0 : tree_access(tree_of(req), ino, &who, mask));
}

static void op_getxattr(fuse_req_t req, fuse_ino_t ino, const char *name, size_t size)
{
	(void)ino;
	(void)name;
	(void)size;
	reply_err(req, -ENOSYS); /* once: the kernel never asks again */
}

static void op_statfs(fuse_req_t req, fuse_ino_t ino)
{
	const struct statvfs st = {
		.f_bsize = BLOCK_BYTES,
		.f_frsize = BLOCK_BYTES,
		.f_blocks = BIG_DISK_BLOCKS,
		.f_bfree = BIG_DISK_BLOCKS,
		.f_bavail = BIG_DISK_BLOCKS,
		.f_files = 1u << 30,
		.f_ffree = 1u << 30,
		.f_favail = 1u << 30,
		.f_namemax = 255,
	};

	(void)ino;
	(void)fuse_reply_statfs(req, &st);
}

/* --- folders ------------------------------------------------------------------- */

static void op_opendir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct handle *h = calloc(1, sizeof(*h));
	struct access_who who;
	int r = h ? 0 : -ENOMEM;

	who_asks(req, &who);
	if (r == 0)
		r = tree_list(tree_of(req), ino, &who, &h->list);
	if (r < 0) {
		free(h);
		reply_err(req, r);
		return;
	}
	h->kind = HANDLE_LIST;
	fi->fh = (uintptr_t)h;
	if (fuse_reply_open(req, fi) < 0) {
		buf_fini(&h->list.text);
		free(h);
	}
}

static void op_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
		       struct fuse_file_info *fi)
{
	const struct tree_list *l = &handle_of(fi)->list;
	_cleanup_free_ char *out = malloc(size);
	size_t at = (size_t)off, n = 0;

	(void)ino;
	if (!out) {
		reply_err(req, -ENOMEM);
		return;
	}
	/* the offset is whatever somebody sought to: only an entry's beginning will do */
	if (at > 0 && at < l->text.n && l->text.p[at - 1] != '\0')
		at = l->text.n;
	while (at < l->text.n) {
		const char *name = l->text.p + at + 1;
		size_t next = at + strlen(name) + 2;
		struct stat st = {
			.st_ino = ~(ino_t)0, /* unknown until looked up */
			.st_mode = l->text.p[at] == 'd' ? S_IFDIR : S_IFREG,
		};
		size_t need =
			fuse_add_direntry(req, out + n, size - n, name, &st, (off_t)next);

		if (need > size - n)
			break;
		n += need;
		at = next;
	}
	(void)fuse_reply_buf(req, out, n);
}

static void op_releasedir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct handle *h = handle_of(fi);

	(void)ino;
	buf_fini(&h->list.text);
	free(h);
	reply_err(req, 0);
}

/* --- files ----------------------------------------------------------------------- */

static struct dropfile_open open_opts(fuse_req_t req, const struct fuse_file_info *fi)
{
	const struct fuse_ctx *ctx = fuse_req_ctx(req);

	return (struct dropfile_open){
		.truncate = fi->flags & O_TRUNC,
		.append = fi->flags & O_APPEND,
		.opener = caller_process(ctx->pid),
		.uid = ctx->uid,
	};
}

/* The reader has its answer, and may close, before the thread that gave it is out
 * of the system call: `reading` waits for that. */
static void close_any(struct tree *t, struct handle *h)
{
	pthread_mutex_lock(&h->reading);
	pthread_mutex_unlock(&h->reading);
	pthread_mutex_destroy(&h->reading);
	if (h->kind == HANDLE_WRITE)
		drop_release(t, &h->drop);
	else if (h->kind == HANDLE_TEXT)
		buf_fini(&h->text);
	free(h);
}

static void op_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
		      struct fuse_file_info *fi)
{
	struct handle *h = calloc(1, sizeof(*h));
	struct dropfile_open o = open_opts(req, fi);
	struct tree *t = tree_of(req);
	struct fuse_entry_param e;
	struct access_who who;
	struct tree_attr a;
	int r = h ? 0 : -ENOMEM;

	o.truncate = false; /* there is nothing yet */
	who_asks(req, &who);
	if (r == 0)
		r = drop_create(t, parent, name, mode, &who, &o, &h->drop, &a);
	if (r < 0) {
		free(h);
		reply_err(req, r);
		return;
	}
	h->kind = HANDLE_WRITE;
	pthread_mutex_init(&h->reading, NULL);
	fi->fh = (uintptr_t)h;
	fi->direct_io = 1;
	to_entry(&a, &e);
	if (fuse_reply_create(req, &e, fi) < 0) {
		close_any(t, h);
		tree_forget(t, a.ino, 1);
	}
}

static int open_any(fuse_req_t req, fuse_ino_t ino, const struct fuse_file_info *fi,
		    struct handle *h)
{
	struct tree *t = tree_of(req);
	struct access_who who;
	int r;

	who_asks(req, &who);
	if ((fi->flags & O_ACCMODE) != O_RDONLY) {
		struct dropfile_open o = open_opts(req, fi);

		h->kind = HANDLE_WRITE;
		return drop_open_write(t, ino, &who, &o, &h->drop);
	}
	r = drop_open_read(t, ino, &who);
	h->kind = HANDLE_BLIND;
	if (r != -ENOENT)
		return r;
	h->kind = HANDLE_TEXT;
	buf_init(&h->text, TEXT_MAX);
	return tree_text(t, ino, &who, &h->text);
}

static void op_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct tree *t = tree_of(req);
	struct handle *h = calloc(1, sizeof(*h));
	int r = h ? open_any(req, ino, fi, h) : -ENOMEM;

	if (r < 0) {
		if (h && h->kind == HANDLE_TEXT)
			buf_fini(&h->text);
		free(h);
		reply_err(req, r);
		return;
	}
	pthread_mutex_init(&h->reading, NULL);
	fi->fh = (uintptr_t)h;
	fi->direct_io = 1;
	if (fuse_reply_open(req, fi) < 0)
		close_any(t, h);
}

static void op_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
		    struct fuse_file_info *fi)
{
	struct handle *h = handle_of(fi);
	size_t left;

	(void)ino;
	SCOPE_LOCK(&h->reading);
	if (h->kind != HANDLE_TEXT) {
		reply_err(req, -EACCES); /* what is written here is never given back */
		return;
	}
	left = (size_t)off < h->text.n ? h->text.n - (size_t)off : 0;
	(void)fuse_reply_buf(req, left ? h->text.p + off : NULL,
			     left < size ? left : size);
}

static void on_interrupt(fuse_req_t req, void *data)
{
	(void)data;
	uploader_poke(tree_of(req)->engine->uploader);
}

static bool interrupted(void *ctx)
{
	return fuse_req_interrupted(ctx);
}

static void op_write(fuse_req_t req, fuse_ino_t ino, const char *p, size_t n, off_t off,
		     struct fuse_file_info *fi)
{
	struct handle *h = handle_of(fi);
	int r;

	(void)ino;
	if (h->kind != HANDLE_WRITE) {
		reply_err(req, -EBADF);
		return;
	}
	fuse_req_interrupt_func(req, on_interrupt, NULL);
	r = dropfile_write(&h->drop, (uint64_t)off, p, n, interrupted, req);
	fuse_req_interrupt_func(req, NULL, NULL);
	if (r < 0)
		reply_err(req, r);
	else
		(void)fuse_reply_write(req, n);
}

static void op_flush(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct handle *h = handle_of(fi);

	(void)ino;
	reply_err(req, h->kind == HANDLE_WRITE
			       ? dropfile_flush(&h->drop, fuse_req_ctx(req)->pid)
			       : 0);
}

static void op_fsync(fuse_req_t req, fuse_ino_t ino, int datasync,
		     struct fuse_file_info *fi)
{
	struct handle *h = handle_of(fi);

	(void)ino;
	(void)datasync;
	reply_err(req, h->kind == HANDLE_WRITE ? dropfile_sync(&h->drop) : 0);
}

static void op_fsyncdir(fuse_req_t req, fuse_ino_t ino, int datasync,
			struct fuse_file_info *fi)
{
	(void)ino;
	(void)datasync;
	(void)fi;
	reply_err(req, 0); /* each change of a name is on disk when it returns */
}

static void op_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)ino;
	close_any(tree_of(req), handle_of(fi));
	reply_err(req, 0);
}

const struct fuse_lowlevel_ops *fsops_table(void)
{
	static const struct fuse_lowlevel_ops ops = {
		.init = op_init,
		.lookup = op_lookup,
		.forget = op_forget,
		.forget_multi = op_forget_multi,
		.getattr = op_getattr,
		.setattr = op_setattr,
		.mkdir = op_mkdir,
		.mknod = op_mknod,
		.symlink = op_symlink,
		.link = op_link,
		.unlink = op_unlink,
		.rmdir = op_rmdir,
		.rename = op_rename,
		.open = op_open,
		.create = op_create,
		.read = op_read,
		.write = op_write,
		.flush = op_flush,
		.fsync = op_fsync,
		.release = op_release,
		.opendir = op_opendir,
		.readdir = op_readdir,
		.releasedir = op_releasedir,
		.fsyncdir = op_fsyncdir,
		.statfs = op_statfs,
		.access = op_access,
		.getxattr = op_getxattr,
	};

	return &ops;
}
