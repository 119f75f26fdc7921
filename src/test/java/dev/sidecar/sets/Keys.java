package dev.sidecar.sets;

/** Keys made by age-keygen for tests; they protect nothing. */
public final class Keys {

    public static final String RECIPIENT = "age1mhalaltzq4yg9v5q36f8s4h6glag06dr5gg8xd4hak5qq2wyu54qenszwy";
    public static final String IDENTITY = "AGE-SECRET-KEY-1J9R769VSDD2PMA80FF0CZW607VQKV85Q2KEF8MQ6MLUZUP8FSC6QNX2VGV";
    public static final String OTHER_RECIPIENT = "age1x2fq5mzz3qm4ug88yj90sqr9a2l724nxmasy0gg6sgds5tr7dq9suxqjeh";
    public static final String OTHER_IDENTITY =
            "AGE-SECRET-KEY-16REWHCY8RV7MQ7YCRP444UKD8HX4URLNS8T0KUURGQLUXPW6QN0S9DQPL4";

    private Keys() {}
}
