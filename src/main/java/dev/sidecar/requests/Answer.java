package dev.sidecar.requests;

/**
 * Describes how a request ended.
 *
 * @param status the HTTP status sent; 499 if the client left before there was one
 * @param nanos from the request's head to the end of the answer
 * @param bytesIn size of the request's body
 * @param bytesOut size of the answer's body
 */
public record Answer(int status, long nanos, long bytesIn, long bytesOut) {}
