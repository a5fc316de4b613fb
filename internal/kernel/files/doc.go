// Package files keeps photos, documents and short recordings.
//
// Contents lie under DIR/files by the SHA-256 of what is stored; file_ref says
// whose they are, what they are and to which object they are attached. Uploads
// come in over tus 1.0 and survive interruptions: every acknowledged byte is
// fsynced, and a complete upload is acknowledged only after its content has
// been checked, stored and noted. Photos (JPEG, PNG, WebP) are decoded, turned
// upright, made no larger than 2560 pixels and encoded anew, so that neither
// EXIF nor anything else hidden in them is kept; documents are PDF without
// active content; recordings (WebM, MP4, Ogg with one track of sound) last a minute
// at most and tell nothing beside the sound. Names are given by the system ("照片 1.jpg").
//
// Who may read a file is decided by the caller from Meta: the owner while it is
// unattached, then whoever may read the object.
package files
